import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { startServer, type Server } from '../../../../kit/server.ts';
import { addApp, assertError, grant, membersOf, post, renew, tokensOf, type App } from './help.ts';

const nothing = { active: false };

async function worth(server: Server, app: App, token: string, more: Readonly<Record<string, string>> = {}) {
  const answer = await post(server, '/oauth2/introspect', { token, ...more }, app);
  assert.equal(answer.status, 200, answer.text);
  return membersOf(answer);
}

describe('introspection (RFC 7662)', () => {
  test('says what an access token and a refresh token are worth', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const { access, refreshToken } = tokensOf(await grant(server, app, server.admin));
    const now = Math.floor(server.clock.now() / 1000);
    const { account, jti, ...said } = await worth(server, app, access);
    assert.equal(jti, decodeJwt(access).jti);
    assert.match(String(account), /^[0-9a-f]{32}$/);
    const who = { client_id: app.id, scope: 'read write', sub: server.admin.uid };
    const session = { ...who, amr: ['pwd'], acr: 'aal1', auth_time: now, iat: now };
    const aud = 'https://house.example/oauth2';
    assert.deepEqual(said, { active: true, token_type: 'Bearer', ...session, aud, exp: now + 3600 });
    const refresh = { active: true, token_type: 'refresh_token', account, ...session, exp: now + 30 * 24 * 3600 };
    assert.deepEqual(await worth(server, app, refreshToken), refresh);
    for (const hint of ['access_token', 'refresh_token', 'unheard_of']) {
      assert.deepEqual(await worth(server, app, refreshToken, { token_type_hint: hint }), refresh);
    }
    const json = { token: refreshToken, client_id: app.id, client_secret: app.secret };
    assert.deepEqual((await server.call('POST', '/oauth2/introspect', { json })).json, refresh);
    // A session that no client asked for belongs to none.
    const own = await worth(server, app, server.admin.token);
    assert.deepEqual([own['active'], own['sub'], 'client_id' in own], [true, server.admin.uid, false]);
  });

  test('says nothing but that of what is unknown, used, over, revoked or of another kind', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const ada = await server.addPerson('ada');
    await server.addApp(ada);
    const { mfa_token: challenge } = membersOf(await grant(server, app, ada));
    for (const token of ['', 'unknown', String(challenge), app.id, app.secret]) {
      assert.deepEqual(await worth(server, app, token), nothing);
    }
    const { access, refreshToken } = tokensOf(await grant(server, app, server.admin));
    tokensOf(await renew(server, app, refreshToken));
    assert.deepEqual(await worth(server, app, refreshToken), nothing);
    server.clock.tick(3_600_000);
    assert.deepEqual(await worth(server, app, access), nothing);
  });

  test('needs a token, and a client that proves itself: a public one does not', async () => {
    await using server = await startServer();
    const [app, phone] = [await addApp(server), await addApp(server, { public: true })];
    assertError(await post(server, '/oauth2/introspect', {}, app), 400, 'invalid_request', /token/);
    const answer = await post(server, '/oauth2/introspect', { token: server.admin.token }, phone);
    assertError(answer, 401, 'invalid_client');
  });
});

describe('revocation (RFC 7009)', () => {
  test('of either token ends both, and answers 200 with nothing', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    for (const kind of ['access', 'refreshToken'] as const) {
      const tokens = tokensOf(await grant(server, app, server.admin));
      const answer = await post(server, '/oauth2/revoke', { token: tokens[kind] }, app);
      assert.deepEqual([answer.status, answer.text], [200, '']);
      assert.equal((await server.call('GET', '/users/me', { bearer: tokens.access })).status, 401);
      assertError(await renew(server, app, tokens.refreshToken), 400, 'invalid_grant');
      assert.deepEqual(await worth(server, app, tokens.access), nothing);
    }
  });

  test("answers the same for others' tokens and for nothing, and does nothing", async () => {
    await using server = await startServer();
    const [app, other] = [await addApp(server), await addApp(server)];
    const { access, refreshToken } = tokensOf(await grant(server, app, server.admin));
    for (const token of [access, refreshToken, server.admin.token, 'unknown', '']) {
      const answer = await post(server, '/oauth2/revoke', { token, token_type_hint: 'access_token' }, other);
      assert.deepEqual([answer.status, answer.text], [200, '']);
    }
    for (const bearer of [access, server.admin.token]) {
      assert.equal((await server.call('GET', '/users/me', { bearer })).status, 200);
    }
    tokensOf(await renew(server, app, refreshToken));
  });

  test('is open to public clients for their own tokens, and needs a token', async () => {
    await using server = await startServer();
    const phone = await addApp(server, { public: true });
    assertError(await post(server, '/oauth2/revoke', {}, phone), 400, 'invalid_request', /token/);
    const { access } = tokensOf(await grant(server, phone, server.admin));
    assert.equal((await post(server, '/oauth2/revoke', { token: access }, phone)).status, 200);
    assert.equal((await server.call('GET', '/users/me', { bearer: access })).status, 401);
  });
});
