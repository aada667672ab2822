import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member, startServer } from '../../../../kit/server.ts';
import { nobody } from '../../catalogue.ts';
import { enrol, list, make, newApp, secret, secrets } from './secrets-help.ts';
import { code } from './help.ts';

onEachDatabase('secrets', (on) => {
  test('a list, a count and one of them tell of secrets without their values', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    await make(server, ada, { type: 'apikey', description: 'the printer' });
    const app = await server.addApp(ada);
    const all = await list(server, ada.token);
    assert.deepEqual(
      all.map(({ type, enrolled, description }) => [type, enrolled, description]),
      [
        ['password', true, null],
        ['apikey', true, 'the printer'],
        ['mfa', true, null],
      ],
    );
    const members = ['dateCreated', 'dateModified', 'description', 'enrolled', 'type', 'uid', 'userId', 'version'];
    for (const one of all) {
      assert.deepEqual(Object.keys(one).toSorted(), members);
      assert.equal(one.userId, ada.uid);
      assert.deepEqual((await server.call('GET', `${secrets}/${one.uid}`, { bearer: ada.token })).json, one);
    }
    assert.deepEqual((await server.call('GET', `${secrets}/count`, { bearer: ada.token })).json, { count: 3 });
    assert.ok(all.some(({ uid }) => uid === app.secretId));
    // Recovery codes are no secret of their own in this dialect.
    assert.ok(!all.some(({ type }) => type === 'recovery'));
  });

  test('an administrator of the account lists and removes, and never makes, enrols or renews', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const pending = await newApp(server, ada);
    const bearer = server.admin.token;
    const path = `/users/${ada.uid}/secrets`;
    assert.deepEqual(await list(server, bearer, ada.uid), await list(server, ada.token));
    assert.deepEqual((await server.call('GET', `${path}/count`, { bearer })).json, { count: 2 });
    assert.equal((await server.call('GET', `${path}/${pending.uid}`, { bearer })).status, 200);
    const json = { token: server.code(pending) };
    const before = await server.rows();
    for (const [method, at, call] of [
      ['POST', path, { json: { type: 'apikey' } }],
      ['POST', path, { json: { type: 'password', secret: 'chosen by another' } }],
      ['POST', `${path}/codes`, {}],
      ['PUT', `${path}/${pending.uid}/enroll`, { json }],
      ['PUT', `${path}/${pending.uid}`, { json }],
    ] as const) {
      assert.equal(code(await server.call(method, at, { ...call, bearer })), '403 forbidden', `${method} ${at}`);
    }
    assert.deepEqual(await server.rows(), before);
    assert.equal((await server.call('DELETE', `${path}/${pending.uid}`, { bearer })).status, 204);
    assert.deepEqual(
      (await list(server, bearer, ada.uid)).map(({ type }) => type),
      ['password'],
    );
  });

  test("another's secrets are not there", async () => {
    await using server = await startServer({ on });
    const [ada, bob] = [await server.addPerson('ada'), await server.addPerson('bob')];
    const pending = await newApp(server, ada);
    const path = `/users/${ada.uid}/secrets`;
    const json = { token: server.code(pending) };
    for (const [method, at, call] of [
      ['GET', path, {}],
      ['GET', `${path}/count`, {}],
      ['GET', `${path}/${pending.uid}`, {}],
      ['GET', `${secrets}/${pending.uid}`, {}],
      ['POST', path, { json: { type: 'apikey' } }],
      ['POST', `${path}/codes`, {}],
      ['PUT', `${path}/${pending.uid}/enroll`, { json }],
      ['PUT', `${secrets}/${pending.uid}/enroll`, { json }],
      ['DELETE', `${path}/${pending.uid}`, {}],
      ['DELETE', `${secrets}/${pending.uid}`, {}],
    ] as const) {
      assert.equal(
        code(await server.call(method, at, { ...call, bearer: bob.token })),
        '404 not_found',
        `${method} ${at}`,
      );
    }
    assert.equal((await enrol(server, ada, pending.uid, server.code(pending))).status, 200);
  });

  test('an API key is made here, shown once, and logs in; there may be any number', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const keys = [];
    for (let made = 0; made < 12; made += 1) keys.push(member(await make(server, ada, { type: 'apikey' }), 'secret'));
    assert.equal(new Set(keys).size, 12);
    for (const key of [keys[0], keys[11]]) {
      assert.match(key ?? '', /^csk_[A-Za-z0-9_-]{43}$/);
      assert.ok(await server.logIn({ name: 'ada', password: key ?? '' }));
    }
    assert.equal((await list(server, ada.token)).length, 13);
  });

  test('a device secret is made by the client, never shown, and logs in; there may be any number', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    for (let made = 0; made < 12; made += 1) {
      const answer = await make(server, ada, { type: 'device', secret: `made by device ${made}` });
      assert.equal(answer.status, 200);
      assert.equal('secret' in secret(answer), false);
    }
    assert.ok(await server.logIn({ name: 'ada', password: 'made by device 0' }));
    assert.ok(await server.logIn({ name: 'ada', password: 'made by device 11' }));
    assert.equal(code(await make(server, ada, { type: 'device', secret: 'too short' })), '400 invalid_request');
    assert.equal(code(await make(server, ada, { type: 'device' })), '400 invalid_request');
  });

  test('DELETE removes a secret for good', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const made = await make(server, ada, { type: 'apikey' });
    const path = `${secrets}/${secret(made).uid}`;
    const removed = await server.call('DELETE', path, { bearer: ada.token });
    assert.deepEqual([removed.status, removed.text], [204, '']);
    assert.equal((await server.call('GET', path, { bearer: ada.token })).status, 404);
    assert.equal((await server.call('DELETE', path, { bearer: ada.token })).status, 404);
    assert.equal((await server.call('GET', '/auth/password', { basic: ['ada', member(made, 'secret')] })).status, 401);
  });

  test('a kind of secret that nobody knows, and members that a kind has not, are refused and named', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const before = await server.rows();
    for (const [json, pointer] of [
      [{ type: 'sms' }, '/type'],
      [{ type: 'MFA' }, '/type'],
      [{ type: ['mfa'] }, '/type'],
      [{}, '/type'],
      [{ type: 'mfa', secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' }, '/secret'],
      [{ type: 'apikey', secret: 'csk_chosen' }, '/secret'],
      [{ type: 'mfa', enrolled: true }, '/enrolled'],
      [{ type: 'mfa', userId: nobody }, '/userId'],
      [{ type: 'apikey', currentPassword: 1 }, '/currentPassword'],
      [{ type: 'mfa', description: '' }, '/description'],
      [{ type: 'mfa', description: 'a\u0000' }, '/description'],
      [{ type: 'mfa', description: 'a'.repeat(129) }, '/description'],
    ] as const) {
      const answer = await make(server, ada, json);
      assert.equal(code(answer), '400 invalid_request', JSON.stringify(json));
      assert.ok(answer.text.includes(`"pointer":"${pointer}"`), answer.text);
    }
    assert.deepEqual(await server.rows(), before);
  });
});
