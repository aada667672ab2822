import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertSaid, startServer } from '../../../../kit/server.ts';
import { addApp, grant, membersOf, renew, tokensOf } from './help.ts';

const path = '/oauth2/clients';
const nobody = '00000000-0000-0000-0000-000000000000';

describe('OAuth2 clients', () => {
  test('are made with a secret that is shown once', async () => {
    await using server = await startServer();
    const bearer = server.admin.token;
    const json = { name: ' app of ada ', grant_types: ['password'] };
    const made = membersOf(await server.call('POST', path, { bearer, json }));
    const { client_id: id, client_secret: secret, ...rest } = made;
    const expected = {
      name: 'app of ada',
      grant_types: ['password'],
      scope: '',
      public: false,
      created_at: '2026-11-21T12:00:00.000Z',
    };
    assert.deepEqual(rest, expected);
    assert.match(String(secret), /^[\w-]{43}$/);
    const read = await server.call('GET', `${path}/${String(id)}`, { bearer });
    assert.deepEqual([read.status, read.json], [200, { client_id: id, ...expected }]);
    const changed = await server.call('PATCH', `${path}/${String(id)}`, { bearer, json: { name: 'other' } });
    const listed = await server.call('GET', path, { bearer });
    for (const { text } of [read, changed, listed]) assert.ok(!text.includes(String(secret)));
    assert.deepEqual(listed.json, [{ client_id: id, ...expected, name: 'other' }]);
  });

  test('that are public have none', async () => {
    await using server = await startServer();
    const json = { name: 'phone', grant_types: ['password'], public: true };
    const made = await server.call('POST', path, { bearer: server.admin.token, json });
    assert.equal(made.status, 201);
    assert.ok(!('client_secret' in membersOf(made)));
    assert.equal(membersOf(made)['public'], true);
  });

  test('are refused with what is wrong in them', async () => {
    await using server = await startServer();
    const bearer = server.admin.token;
    const good = { name: 'app', grant_types: ['password'] };
    const app = await addApp(server);
    for (const bad of [
      { name: '' },
      { name: ' ' },
      { name: 'a\0b' },
      { name: 'a'.repeat(129) },
      { name: 1 },
      { grant_types: [] },
      { grant_types: ['implicit'] },
      { grant_types: 'password' },
      { grant_types: ['password', 'password', 'password'] },
      { scope: 'a  b' },
      { scope: ' a' },
      { scope: 'a"b' },
      { scope: 'ä' },
      { scope: 'a'.repeat(1025) },
      { client_secret: 'mine' },
      { account_id: nobody },
    ]) {
      const about = JSON.stringify(bad).slice(0, 80);
      assertSaid(await server.call('POST', path, { bearer, json: { ...good, ...bad } }), '400 invalid_request', about);
      const patched = await server.call('PATCH', `${path}/${app.id}`, { bearer, json: bad });
      assertSaid(patched, '400 invalid_request', about);
    }
    assertSaid(await server.call('POST', path, { bearer, json: { name: 'app' } }), '400 invalid_request');
    const isPublic = await server.call('PATCH', `${path}/${app.id}`, { bearer, json: { public: true } });
    assertSaid(isPublic, '400 invalid_request');
  });

  test('are for administrators only', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const ada = await server.addPerson('ada');
    const json = { name: 'app', grant_types: ['password'] };
    const calls = [
      ['GET', path, {}],
      ['POST', path, { json }],
      ['GET', `${path}/${app.id}`, {}],
      ['PATCH', `${path}/${app.id}`, { json: { name: 'mine' } }],
      ['DELETE', `${path}/${app.id}`, {}],
      ['GET', `${path}/${nobody}`, {}],
    ] as const;
    for (const [method, where, call] of calls) {
      assertSaid(await server.call(method, where, call), '401 authentication_required');
      assertSaid(await server.call(method, where, { ...call, bearer: ada.token }), '403 forbidden');
    }
    assert.equal((await server.call('GET', `${path}/${app.id}`, { bearer: server.admin.token })).status, 200);
  });

  test('that lose a grant are refused it from then on', async () => {
    await using server = await startServer();
    const bearer = server.admin.token;
    const app = await addApp(server);
    const { refreshToken } = tokensOf(await grant(server, app, server.admin));
    const json = { grant_types: ['password'], scope: 'read' };
    const changed = await server.call('PATCH', `${path}/${app.id}`, { bearer, json });
    assert.deepEqual([changed.status, membersOf(changed)['grant_types']], [200, ['password']]);
    assert.equal(membersOf(await renew(server, app, refreshToken))['error'], 'unauthorized_client');
    assert.equal(membersOf(await grant(server, app, server.admin))['scope'], 'read');
  });
});
