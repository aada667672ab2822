import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { startServer } from '../../../../kit/server.ts';
import {
  addApp,
  assertError,
  form,
  grant,
  membersOf,
  passwordOf,
  post,
  sentences,
  tokenPath,
  tokensOf,
} from './help.ts';

describe('the password grant', () => {
  test('answers with the members of RFC 6749, to a form and to JSON, with and without the slash', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const ada = await server.addPerson('ada');
    const json = { ...passwordOf(ada), client_id: app.id, client_secret: app.secret };
    const answers = [
      await grant(server, app, ada),
      await server.call('POST', tokenPath, { json }),
      await post(server, '/mfa/oauth2/token', passwordOf(ada), app),
    ];
    for (const answer of answers) {
      const { access_token: access, refresh_token: refreshToken, ...rest } = membersOf(answer);
      assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'read write' });
      assert.match(String(refreshToken), /^[\w-]{43}$/);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      assert.equal(answer.headers.get('pragma'), 'no-cache');
      const me = await server.call('GET', '/users/me', { bearer: String(access) });
      assert.equal(membersOf(me)['uid'], ada.uid);
    }
  });

  test('gives no refresh token to a client that may not refresh', async () => {
    await using server = await startServer();
    const app = await addApp(server, { grant_types: ['password'] });
    const answer = await grant(server, app, server.admin);
    assert.deepEqual(Object.keys(membersOf(answer)).toSorted(), ['access_token', 'expires_in', 'scope', 'token_type']);
  });

  test('is refused to a client that does not name it', async () => {
    await using server = await startServer();
    const app = await addApp(server, { grant_types: ['refresh_token'] });
    assertError(await grant(server, app, server.admin), 400, 'unauthorized_client');
  });

  test('takes a scope within that of the client', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    assert.equal(membersOf(await grant(server, app, server.admin, { scope: 'write' }))['scope'], 'write');
    for (const scope of ['admin', 'read admin']) {
      assertError(await grant(server, app, server.admin, { scope }), 400, 'invalid_scope');
    }
  });

  test('has one sentence for a wrong password and for nobody', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const ada = await server.addPerson('ada');
    for (const who of [
      { ...ada, password: 'not hers' },
      { name: 'nobody', password: ada.password },
      { name: ada.name, password: '' },
      { name: '', password: ada.password },
    ]) {
      assertError(await grant(server, app, who), 400, 'invalid_grant', sentences.credentials);
    }
  });

  test('is told what it lacks', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const needs = 'The password grant requires `username` and `password`.';
    assertError(await post(server, tokenPath, { grant_type: 'password' }, app), 400, 'invalid_request', needs);
    for (const half of [{ username: 'admin' }, { password: server.admin.password }])
      assertError(
        await post(server, tokenPath, { grant_type: 'password', ...half }, app),
        400,
        'invalid_request',
        needs,
      );
    assertError(await post(server, tokenPath, {}, app), 400, 'invalid_request', /grant_type/);
    for (const grant_type of ['', 'client_credentials', 'PASSWORD', 'authorization_code']) {
      assertError(await post(server, tokenPath, { grant_type }, app), 400, 'unsupported_grant_type');
    }
    const nowhere = await grant(server, app, server.admin, { account: 'mars' });
    assertError(nowhere, 400, 'invalid_grant', sentences.credentials);
  });

  test('lets what it does not know pass, and nothing that appears more than once', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    tokensOf(await grant(server, app, server.admin, { audience: 'https://api.example', device: 'phone' }));
    for (const twice of ['grant_type=password', 'username=admin', 'scope=read&scope=read', 'x=1&x=2']) {
      const fields = { ...passwordOf(server.admin), client_id: app.id, client_secret: app.secret };
      const body = `${new URLSearchParams(fields).toString()}&${twice}`;
      const answer = await server.call('POST', tokenPath, { body, headers: { 'Content-Type': form } });
      assertError(answer, 400, 'invalid_request', /appears more than once/);
    }
  });

  test("is a POST, or Deux's PUT, of a form or of JSON, and nothing else", async () => {
    await using server = await startServer();
    const body = 'grant_type=password';
    const answer = await server.call('POST', tokenPath, { body, headers: { 'Content-Type': 'text/plain' } });
    assertError(answer, 415, 'invalid_request', /application\/x-www-form-urlencoded or application\/json/);
    const broken = await server.call('POST', tokenPath, { body, headers: { 'Content-Type': 'application/json' } });
    assertError(broken, 400, 'invalid_request');
    const large = await server.call('POST', tokenPath, {
      body: `a=${'x'.repeat(64 * 1024)}`,
      headers: { 'Content-Type': form },
    });
    assertError(large, 413, 'invalid_request');
    const get = await server.call('GET', `${tokenPath}?grant_type=password`);
    assert.deepEqual([get.status, get.headers.get('allow')], [405, 'POST, PUT']);
    const app = await addApp(server);
    const json = { ...passwordOf(server.admin), client_id: app.id, client_secret: app.secret };
    tokensOf(await server.call('PUT', tokenPath, { json }));
  });

  test('makes a guesser wait, and says how long', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const ada = await server.addPerson('ada');
    for (let tries = 0; tries < 5; tries += 1) await grant(server, app, { ...ada, password: `guess ${tries}` });
    const answer = await grant(server, app, ada);
    assertError(answer, 429, 'temporarily_unavailable');
    assert.equal(answer.headers.get('retry-after'), '30');
  });
});

describe('the password grant of a user with a second factor', () => {
  test('answers 200 with the question, whose token does for the challenge and for nothing else', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const ada = await server.addPerson('ada');
    await server.addApp(ada);
    const answer = await grant(server, app, ada);
    const { mfa_token: token, ...rest } = membersOf(answer);
    assert.deepEqual([answer.status, rest], [200, { mfa_required: true, mfa_type: 'totp' }]);
    assert.equal((await server.call('GET', '/users/me', { bearer: String(token) })).status, 401);
    const used = await post(server, tokenPath, { grant_type: 'refresh_token', refresh_token: String(token) }, app);
    assertError(used, 400, 'invalid_grant');
  });

  test('takes the code beside the password, as text and as a number, once', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const ada = await server.addPerson('ada');
    const phone = await server.addApp(ada);
    const code = server.code(phone);
    const { access } = tokensOf(await grant(server, app, ada, { mfa_code: `${code.slice(0, 3)} ${code.slice(3)}` }));
    const claims = JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString()) as typeof expected;
    const expected = { amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' };
    assert.deepEqual({ amr: claims.amr, acr: claims.acr }, expected);
    assertError(await grant(server, app, ada, { mfa_code: code }), 400, 'invalid_grant', sentences.code);
    server.clock.tick(30_000);
    const own = { client_id: app.id, client_secret: app.secret };
    const json = { ...passwordOf(ada), ...own, mfa_code: Number(server.code(phone)) };
    tokensOf(await server.call('POST', tokenPath, { json }));
  });

  test('takes a backup code once, and not both codes', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const ada = await server.addPerson('ada');
    const phone = await server.addApp(ada);
    const [backup = ''] = phone.codes;
    const two = { mfa_code: server.code(phone), backup_code: backup };
    assertError(await grant(server, app, ada, two), 400, 'invalid_request', sentences.bothCodes);
    tokensOf(await grant(server, app, ada, { backup_code: backup }));
    const again = await grant(server, app, ada, { backup_code: backup });
    assertError(again, 400, 'invalid_grant', sentences.backupCode);
  });

  test('has one sentence for every wrong code', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const ada = await server.addPerson('ada');
    const phone = await server.addApp(ada);
    for (const mfa_code of [server.wrongCode(phone), '', 'abc', '1', '0'.repeat(64)]) {
      assertError(await grant(server, app, ada, { mfa_code }), 400, 'invalid_grant', sentences.code);
    }
    const answer = await grant(server, app, ada, { backup_code: 'ABCDEF012345' });
    assertError(answer, 400, 'invalid_grant', sentences.backupCode);
  });

  test('says that the password is wrong before it says anything of the code', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const ada = await server.addPerson('ada');
    const phone = await server.addApp(ada);
    const answer = await grant(server, app, { ...ada, password: 'not hers' }, { mfa_code: server.code(phone) });
    assertError(answer, 400, 'invalid_grant', sentences.credentials);
  });

  test('whose code comes by message sends it, and says so when it can not', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const ada = await server.addPerson('ada');
    const bearer = ada.token;
    await server.call('PUT', '/mfa/sms/request/', { bearer, json: { phone_number: '+12025550123' } });
    const code = server.sent.at(-1)?.code;
    const enabled = await server.call('PUT', '/mfa/sms/verify/', { bearer, json: { mfa_code: code } });
    assert.equal(enabled.status, 200, enabled.text);
    server.clock.tick(60_000);
    const before = server.sent.length;
    const { mfa_token: _, ...rest } = membersOf(await grant(server, app, ada));
    assert.deepEqual(rest, { mfa_required: true, mfa_type: 'sms' });
    assert.deepEqual([server.sent.length, server.sent.at(-1)?.to], [before + 1, '+12025550123']);
    tokensOf(await grant(server, app, ada, { mfa_code: server.sent.at(-1)?.code ?? '' }));
  });
});

onEachDatabase('text that no database takes', (database) => {
  test('is refused like everything else that is wrong', async () => {
    await using server = await startServer({ on: database });
    const app = await addApp(server);
    const nul = '\0';
    const inBody = await post(server, tokenPath, { ...passwordOf(server.admin), client_id: nul });
    assertError(inBody, 400, 'invalid_request');
    for (const login of [nul, `${app.id}${nul}`, '%00', '%']) {
      const headers = { Authorization: `Basic ${btoa(`${login}:${app.secret}`)}`, 'Content-Type': form };
      const answer = await server.call('POST', tokenPath, { body: 'grant_type=password', headers });
      assertError(answer, 401, 'invalid_client');
    }
    const nobody = await grant(server, app, { name: `ad${nul}min`, password: 'whatever it is' });
    assertError(nobody, 400, 'invalid_request');
    const nowhere = await grant(server, app, server.admin, { account: `ro${nul}ot` });
    assertError(nowhere, 400, 'invalid_request');
    const nothing = await grant(server, app, { ...server.admin, password: nul });
    assertError(nothing, 400, 'invalid_grant', sentences.credentials);
  });
});
