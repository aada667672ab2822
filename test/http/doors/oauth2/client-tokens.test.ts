/** A client's tokens name the client, whatever way its session was created. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { minute } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { assertSaid, member, startServer, url } from '../../../../kit/server.ts';
import { dataOf, door } from '../crossbar/door.ts';
import { addApp, grant, membersOf, post, renew, tokensOf } from './help.ts';

onEachDatabase("a client's tokens", (on) => {
  test('name their client, its scope and an audience that is not that of sessions', async () => {
    await using server = await startServer({ on });
    const app = await addApp(server);
    const { access, refreshToken } = tokensOf(await grant(server, app, server.admin));
    const { client_id, scope, aud, iss } = decodeJwt(access);
    const expected = { client_id: app.id, scope: 'read write', aud: `${url}/oauth2`, iss: url };
    assert.deepEqual({ client_id, scope, aud, iss }, expected);
    const of = decodeJwt(server.admin.token);
    assert.deepEqual([of.aud, of['client_id'], of['scope']], [url, undefined, undefined]);
    const narrowed = decodeJwt(tokensOf(await renew(server, app, refreshToken, { scope: 'read' })).access);
    assert.deepEqual([narrowed['client_id'], narrowed['scope'], narrowed.aud], [app.id, 'read', expected.aud]);
    const said = membersOf(await post(server, '/oauth2/introspect', { token: access }, app));
    const { iat, exp, jti } = decodeJwt(access);
    for (const [name, value] of Object.entries({ client_id: app.id, scope, aud, iat, exp, jti }))
      assert.deepEqual(said[name], value, name);
  });

  test('that a refresh narrowed do what the narrower scope names', async () => {
    await using server = await startServer({ on });
    const app = await addApp(server, { scopes: ['mfa', 'manage'], default_scopes: ['mfa', 'manage'] });
    const { access, refreshToken } = tokensOf(await grant(server, app, server.admin));
    const narrowed = tokensOf(await renew(server, app, refreshToken, { scope: 'mfa' })).access;
    assert.equal((await server.call('GET', '/users', { bearer: access })).status, 200);
    assertSaid(await server.call('GET', '/users', { bearer: narrowed }), '403 insufficient_scope');
  });

  test('do not administer for users who are no administrators', async () => {
    await using server = await startServer({ on });
    const app = await addApp(server, { scopes: ['mfa', 'manage'], default_scopes: ['mfa', 'manage'] });
    const ada = await server.addPerson('ada');
    assert.equal(member(await grant(server, app, ada), 'scope'), 'mfa');
    assert.equal(member(await grant(server, app, server.admin), 'scope'), 'mfa manage');
  });

  test('are what the challenge of its login answers, at the door of challenges too', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const own = await server.addApp(ada);
    server.clock.tick(minute);
    const app = await addApp(server);
    const begun = await grant(server, app, ada, { scope: 'read' });
    assert.equal(membersOf(begun)['mfa_required'], true);
    const json = { code: server.code(own) };
    const bearer = member(begun, 'mfa_token');
    const answer = await server.call('POST', '/challenges/current/verify', { bearer, json });
    const { access, refreshToken } = tokensOf(answer);
    const members = Object.keys(membersOf(answer)).toSorted();
    assert.deepEqual(members, ['access_token', 'expires_in', 'refresh_token', 'scope', 'token_type']);
    assert.deepEqual([member(answer, 'scope'), decodeJwt(access)['client_id']], ['read', app.id]);
    assertSaid(await server.call('PATCH', '/users/me', { bearer: access, json: {} }), '403 insufficient_scope');
    assert.equal((await renew(server, app, refreshToken)).status, 200);
  });

  test('are what the older door for codes answers for its challenge', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const own = await server.addApp(ada);
    server.clock.tick(minute);
    const app = await addApp(server);
    const json = { token: server.code(own), challenge_token: member(await grant(server, app, ada), 'mfa_token') };
    const token = member(await server.call('POST', '/auth/totp', { json }), 'token');
    assert.equal(decodeJwt(token)['client_id'], app.id);
  });

  test('are not had for a client that was removed since', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const own = await server.addApp(ada);
    server.clock.tick(minute);
    const app = await addApp(server);
    const bearer = member(await grant(server, app, ada), 'mfa_token');
    await server.call('DELETE', `/oauth2/clients/${app.id}`, { bearer: server.admin.token });
    const json = { code: server.code(own) };
    assertSaid(await server.call('POST', '/challenges/current/verify', { bearer, json }), '401 invalid_challenge');
  });

  test('stay its own when the session steps up', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const own = await server.addApp(ada);
    server.clock.tick(minute);
    const app = await addApp(server);
    const bearer = tokensOf(await grant(server, app, ada, { mfa_code: server.code(own) })).access;
    server.clock.tick(minute);
    const id = member(await server.call('POST', '/challenges', { bearer, json: {} }), 'id');
    const json = { code: server.code(own) };
    const stepped = await server.call('POST', `/challenges/${id}/verify`, { bearer, json });
    const [before, after] = [decodeJwt(bearer), decodeJwt(member(stepped, 'token'))];
    for (const name of ['client_id', 'scope', 'aud', 'iss']) assert.deepEqual(after[name], before[name], name);
    assert.equal((await renew(server, app, member(stepped, 'refresh_token'))).status, 200);
  });

  test('are what a login gets that had to enroll first', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const app = await addApp(server);
    const ask = door(server);
    const provider = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };
    const { id } = dataOf(await ask(201, 'PUT', 'accounts/root/multi_factor', provider));
    const multi_factor = { enabled: true, configuration_id: id };
    await ask(200, 'PATCH', 'accounts/root/security', { auth_modules: { oauth2: { multi_factor } } });
    const refused = await grant(server, app, ada);
    assert.equal(refused.status, 403, refused.text);
    const bearer = member(refused, 'enrollment_token');
    const { secret: seed } = (await server.call('PUT', '/mfa/totp/request', { bearer, json: {} })).json as {
      secret: string;
    };
    const json = { mfa_code: server.code({ seed }) };
    const token = member(await server.call('PUT', '/mfa/totp/verify', { bearer, json }), 'token');
    assert.equal(decodeJwt(token)['client_id'], app.id);
    assertSaid(await server.call('PATCH', '/users/me', { bearer: token, json: {} }), '403 insufficient_scope');
  });
});
