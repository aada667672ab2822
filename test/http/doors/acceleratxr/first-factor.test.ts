import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { hour, second } from '../../../../src/base/clock.ts';
import { insertAccount } from '../../../../src/store/accounts.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member, startServer, url } from '../../../../kit/server.ts';
import { logIn, secret } from './auth-help.ts';
import { code } from './help.ts';

onEachDatabase('the first factor', (on) => {
  test('a password logs in with GET and with POST, by name, id and e-mail address', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('Ada', { email: 'ada@example.org' });
    for (const method of ['GET', 'POST']) {
      for (const login of ['Ada', 'ada', 'ＡＤＡ', ada.uid, 'ada@example.org', 'ADA@Example.ORG']) {
        const answer = await server.call(method, '/auth/password', { basic: [login, ada.password] });
        assert.deepEqual(Object.keys(answer.json as object), ['token'], login);
        const me = await server.call('GET', '/users/me', { bearer: member(answer, 'token') });
        assert.equal(member(me, 'uid'), ada.uid);
      }
    }
  });

  test('an API key and a device secret log in in the place of the password', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const apikey = await secret(server, ada.token, { type: 'apikey' });
    await secret(server, ada.token, { type: 'device', secret: 'пароль: made by a device' });
    for (const one of [apikey, 'пароль: made by a device', ada.password]) {
      assert.equal((await logIn(server, 'ada', one)).status, 200);
    }
    assert.equal((await logIn(server, 'admin', apikey)).status, 401);
  });

  test('what can not be Basic is a 401 that asks for it', async () => {
    await using server = await startServer({ on });
    const asks = 'Basic realm="countersign", charset="UTF-8"';
    for (const headers of [
      {},
      { Authorization: 'Basic' },
      { Authorization: `Bearer ${server.admin.token}` },
      { Authorization: 'Basic !' },
    ]) {
      const answer = await server.call('POST', '/auth/password', { headers });
      assert.equal(code(answer), '401 authentication_required');
      assert.equal(answer.headers.get('www-authenticate'), asks);
    }
    const wrong = await logIn(server, 'admin', 'wrong');
    assert.equal(code(wrong), '401 invalid_credentials');
    assert.equal(wrong.headers.get('www-authenticate'), asks);
  });

  test('the account stands in the query, by id or by name; without it the root account is meant', async () => {
    await using server = await startServer({ on, registration: 'open' });
    const { store, clock } = server.countersign.context;
    const root = await store.db.selectFrom('accounts').select('id').executeTakeFirstOrThrow();
    const id = 'b'.repeat(32);
    await insertAccount(store, { id, parentId: root.id, name: 'Other Server' }, clock.now());
    const ada = { name: 'ada', password: 'ada in the library' };
    await server.call('POST', '/users', { json: { ...ada, account: id } });
    const there = { basic: [ada.name, ada.password] as const };
    const statusIn = async (query: string) => (await server.call('GET', `/auth/password${query}`, there)).status;
    assert.equal(await statusIn(`?account=${id}`), 200);
    assert.equal(await statusIn('?account=other%20SERVER'), 200);
    assert.equal(await statusIn(''), 401);
    assert.equal(await statusIn('?account=root'), 401);
    assert.equal(await statusIn(`?account=${root.id}`), 401);
    assert.equal(await statusIn('?account=nowhere'), 401);
    assert.equal(await statusIn(`?account=${'x'.repeat(129)}`), 400);
    assert.equal(await statusIn(`?account=${id}&account=root`), 400);
  });

  test('an access token says who, through what, when and how sure', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    assert.deepEqual({ ...decodeProtectedHeader(ada.token), kid: '' }, { alg: 'EdDSA', typ: 'at+jwt', kid: '' });
    const user = (await server.call('GET', '/users/me', { bearer: ada.token })).json as { accountId: string };
    const [session] = (await server.call('GET', '/sessions', { bearer: ada.token })).json as { sid: string }[];
    const now = server.clock.now() / second;
    const { jti, ...claims } = decodeJwt(ada.token);
    assert.match(String(jti), /^[0-9a-f-]{36}$/);
    assert.deepEqual(claims, {
      iss: url,
      aud: url,
      sub: ada.uid,
      account: user.accountId,
      sid: session?.sid,
      iat: now,
      exp: now + hour / second,
      auth_time: now,
      amr: ['pwd'],
      acr: 'aal1',
      gen: 1,
    });
  });
});
