/** Contract section 4: logging in with both factors in one request, and the log of who tried what. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { startServer } from '../../../../kit/server.ts';
import { bodyOf, dataOf, door, listOf, tenant } from './door.ts';

onEachDatabase('user_auth', (on) => {
  test('a password is enough for who has no second factor', async () => {
    await using server = await startServer({ on });
    const { id, uid, username, password } = await tenant(server, 'root', 'acme');
    const login = await door(server, undefined)(201, 'PUT', 'user_auth', { username, password, account_name: 'ACME' });
    assert.deepEqual(dataOf(login), { account_id: id, owner_id: uid, account_name: 'acme' });
    const bearer = String(bodyOf(login)['auth_token']);
    assert.equal((await server.call('GET', '/users/me', { headers: { 'X-Auth-Token': bearer } })).status, 200);
  });

  test('who has an app is asked for its code, and sends it with the password', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const app = await server.addApp(acme);
    const ask = door(server, '');
    const login = { username: acme.username, password: acme.password, account_id: acme.id };
    assert.deepEqual(dataOf(await ask(401, 'PUT', 'user_auth', login)), {
      message: 'client needs to perform second-factor authentication',
      multi_factor_request: { provider_name: 'totp', settings: { digits: 6, period: 30 } },
    });
    const answer = (status: number, multi_factor_response: unknown) =>
      ask(status, 'PUT', 'user_auth', { ...login, multi_factor_response });
    assert.equal(dataOf(await answer(401, server.wrongCode(app)))['message'], 'The second factor was not validated.');
    const code = server.code(app);
    assert.ok(bodyOf(await answer(201, code))['auth_token']);
    await answer(401, code);
    await answer(201, app.codes[0]);
    server.clock.tick(minute);
    await answer(401, { provider_name: 'sms', response: server.code(app) });
    await answer(201, { provider_name: 'totp', response: server.code(app) });
  });

  test('who has several factors is told of the others, and a message goes to the first', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const phone = '+12133734253';
    await server.call('PUT', '/mfa/sms/request', { bearer: acme.token, json: { phone_number: phone } });
    const mfa_code = server.sent.at(-1)?.code;
    await server.call('PUT', '/mfa/sms/verify', { bearer: acme.token, json: { mfa_code } });
    await server.addApp(acme);
    server.clock.tick(minute);
    const login = { username: acme.username, password: acme.password, account_id: acme.id };
    const asked = dataOf(await door(server, '')(401, 'PUT', 'user_auth', login))['multi_factor_request'];
    assert.deepEqual(asked, {
      provider_name: 'sms',
      settings: {
        hint: '•••53',
        expires_at: '2026-11-21T12:06:00.001Z',
        factors: [{ provider_name: 'totp', digits: 6, period: 30 }],
      },
    });
    const multi_factor_response = server.sent.at(-1)?.code;
    await door(server, '')(201, 'PUT', 'user_auth', { ...login, multi_factor_response });
  });

  test('an account is named by its id or its name, and not by both', async () => {
    await using server = await startServer({ on });
    const { id, username, password } = await tenant(server, 'root', 'acme');
    const login = { username, password, account_id: id, account_name: 'acme' };
    await door(server, '')(400, 'PUT', 'user_auth', login);
    await door(server, '')(401, 'PUT', 'user_auth', { username, password });
  });
});

onEachDatabase('attempts', (on) => {
  test('the log tells the administrator why, newest first, and each of them in detail', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const app = await server.addApp(acme);
    const ask = door(server, acme.token);
    const login = { username: acme.username, password: acme.password, account_id: acme.id };
    server.clock.tick(minute);
    await ask(401, 'PUT', 'user_auth', { ...login, password: 'wrong' });
    await ask(401, 'PUT', 'user_auth', { ...login, multi_factor_response: server.wrongCode(app) });
    await ask(201, 'PUT', 'user_auth', { ...login, multi_factor_response: server.code(app) });
    const seconds = listOf(await ask(200, 'GET', `accounts/${acme.id}/multi_factor/attempts`));
    assert.deepEqual(
      seconds.map(({ auth_type, debug_type, message }) => [auth_type, debug_type, message]),
      [
        ['multi_factor', 'success', 'the second factor is right'],
        ['multi_factor', 'failed', 'the response is wrong'],
      ],
    );
    assert.equal(seconds[0]?.['timestamp'], 62_167_219_200 + Date.parse('2026-11-21T12:01:00Z') / 1000);
    const details = dataOf(
      await ask(200, 'GET', `accounts/${acme.id}/multi_factor/attempts/${String(seconds[1]?.['id'])}`),
    );
    const { request_id, ...rest } = details;
    assert.match(String(request_id), /^[0-9a-f]{32}$/);
    assert.deepEqual(rest, {
      ...seconds[1],
      auth_config_origin: 'system',
      mfa_config_origin: 'system',
      auth_module: 'user_auth',
      provider_name: 'totp',
      owner_id: acme.uid,
      client_ip: '192.0.2.1',
    });
    const all = listOf(await ask(200, 'GET', `accounts/${acme.id}/security/attempts`)).map(({ message }) => message);
    assert.ok(all.includes('the response is wrong') && all.includes('the first factor is right'));
    assert.equal(all.length, 6);
    const successes = await ask(200, 'GET', `accounts/${acme.id}/security/attempts?debug_type=success`);
    const id = String(listOf(successes).find(({ auth_type }) => auth_type === 'first_factor')?.['id']);
    await ask(200, 'GET', `accounts/${acme.id}/security/attempts/${id}`);
    await ask(404, 'GET', `accounts/${acme.id}/multi_factor/attempts/${id}`);
  });

  test('pages hold together while rows are added, and filters narrow them', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const ask = door(server, acme.token);
    const login = (password = acme.password) => {
      server.clock.tick(minute);
      const status = password === acme.password ? 201 : 401;
      return ask(status, 'PUT', 'user_auth', { username: acme.username, password, account_id: acme.id });
    };
    for (const password of ['one', acme.password, 'two', acme.password]) await login(password);
    const path = `accounts/${acme.id}/security/attempts`;
    const seen: unknown[] = [];
    let start: string | undefined;
    do {
      const page = await ask(200, 'GET', `${path}?page_size=2${start === undefined ? '' : `&start_key=${start}`}`);
      seen.push(...listOf(page).map(({ id }) => id));
      start = bodyOf(page)['next_start_key'] as string | undefined;
      await login();
    } while (start !== undefined);
    assert.equal(seen.length, 5);
    assert.equal(new Set(seen).size, 5);
    const failed = listOf(await ask(200, 'GET', `${path}?debug_type=failed`));
    assert.equal(failed.length, 2);
    const [newest, oldest] = failed.map(({ timestamp }) => Number(timestamp));
    const between = async (query: string) => listOf(await ask(200, 'GET', `${path}?debug_type=failed&${query}`)).length;
    assert.equal(await between(`created_from=${newest}`), 1);
    assert.equal(await between(`created_to=${newest}`), 1);
    assert.equal(await between(`created_from=${newest}&created_to=${oldest}`), 0);
    assert.equal(await between(`owner_id=${acme.uid}&auth_module=user_auth`), 2);
    assert.equal(await between('auth_module=oauth2'), 0);
  });

  test('those of another account are not there', async () => {
    await using server = await startServer({ on });
    const [acme, other] = [await tenant(server, 'root', 'acme'), await tenant(server, 'root', 'other')];
    const [attempt] = listOf(await door(server)(200, 'GET', `accounts/${acme.id}/security/attempts`));
    const path = `accounts/${other.id}/security/attempts/${String(attempt?.['id'])}`;
    await door(server)(404, 'GET', path);
  });
});
