import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { assertSaid, startServer, url } from '../../../../kit/server.ts';
import { tenant } from '../crossbar/door.ts';
import { addApp, grant, membersOf, renew, tokensOf } from './help.ts';

const path = '/oauth2/clients';
const nobody = '00000000-0000-0000-0000-000000000000';

describe('OAuth2 clients', () => {
  test('are made with a secret that is shown once', async () => {
    await using server = await startServer();
    const bearer = server.admin.token;
    const json = { name: ' app of ada ', grant_types: ['password'] };
    const made = membersOf(await server.call('POST', path, { bearer, json }));
    const { client_id: id, client_secret: secret, account, ...rest } = made;
    const expected = {
      name: 'app of ada',
      grant_types: ['password'],
      scope: '',
      scopes: [],
      default_scopes: [],
      audiences: [],
      public: false,
      created_at: '2026-11-21T12:00:00.000Z',
    };
    assert.deepEqual(rest, expected);
    assert.match(String(secret), /^[\w-]{43}$/);
    const read = await server.call('GET', `${path}/${String(id)}`, { bearer });
    assert.deepEqual([read.status, read.json], [200, { client_id: id, account, ...expected }]);
    const changed = await server.call('PATCH', `${path}/${String(id)}`, { bearer, json: { name: 'other' } });
    const listed = await server.call('GET', path, { bearer });
    for (const { text } of [read, changed, listed]) assert.ok(!text.includes(String(secret)));
    assert.deepEqual(listed.json, [{ client_id: id, account, ...expected, name: 'other' }]);
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
      { scopes: ['admin'] },
      { scopes: 'mfa' },
      { default_scopes: ['read'] },
      { audiences: [] },
      { audiences: ['a b'] },
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

  test('get the known scopes that they ask for and may have, or else their default', async () => {
    await using server = await startServer();
    const bearer = server.admin.token;
    const app = await addApp(server, { scopes: ['mfa', 'manage'], default_scopes: ['mfa'] });
    const scopeOf = async (wanted?: string) =>
      membersOf(await grant(server, app, server.admin, wanted === undefined ? {} : { scope: wanted }))['scope'];
    for (const wanted of [undefined, '', 'read write', 'mfa', 'mfa read'])
      assert.equal(await scopeOf(wanted), 'mfa', String(wanted));
    assert.equal(await scopeOf('manage mfa'), 'mfa manage');
    const { refreshToken } = tokensOf(await grant(server, app, server.admin, { scope: 'mfa' }));
    const renewed = await renew(server, app, refreshToken, { scope: 'mfa manage' });
    assert.equal(membersOf(renewed)['scope'], 'mfa');
    await server.call('PATCH', `${path}/${app.id}`, { bearer, json: { scopes: [] } });
    assert.equal(await scopeOf('manage'), '');
    const later = await renew(server, app, tokensOf(renewed).refreshToken);
    assert.equal(membersOf(later)['scope'], '');
  });

  test('are made for an account of the administrator or below it, and managed there', async () => {
    await using server = await startServer();
    const acme = await tenant(server, 'root', 'acme');
    const json = { name: 'app', grant_types: ['password'] };
    const made = await server.call('POST', path, { bearer: server.admin.token, json: { ...json, account: acme.id } });
    assert.deepEqual([made.status, membersOf(made)['account']], [201, acme.id]);
    const one = `${path}/${String(membersOf(made)['client_id'])}`;
    for (const bearer of [server.admin.token, acme.token])
      assert.equal((await server.call('GET', one, { bearer })).status, 200);
    const above = { bearer: acme.token, json: { ...json, account: 'root' } };
    assertSaid(await server.call('POST', path, above), '404 not_found');
    const { id } = await addApp(server);
    assertSaid(await server.call('GET', `${path}/${id}`, { bearer: acme.token }), '404 not_found');
  });

  test('of version 0.1.0 have words of their own, which permit nothing', async () => {
    await using server = await startServer();
    const app = await addApp(server, { scope: 'read mfa manage' });
    assert.equal(membersOf(await grant(server, app, server.admin))['scope'], 'read');
  });

  test('have tokens for the audiences that they name, and never for that of sessions', async () => {
    await using server = await startServer();
    const audiences = ['https://api.example', url];
    const app = await addApp(server, { audiences });
    const { access } = tokensOf(await grant(server, app, server.admin));
    assert.equal(decodeJwt(access).aud, 'https://api.example');
    assert.equal((await server.call('GET', '/users/me', { bearer: access })).status, 200);
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
