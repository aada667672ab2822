import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startServer } from '../../../../kit/server.ts';
import { addApp, assertError, grant, membersOf, post, renew, tokenPath, tokensOf } from './help.ts';

describe('the refresh grant', () => {
  test('answers with the members of RFC 6749 and a new refresh token', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const first = tokensOf(await grant(server, app, server.admin));
    const {
      access_token: access,
      refresh_token: refreshToken,
      ...rest
    } = membersOf(await renew(server, app, first.refreshToken));
    assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'read write' });
    assert.notEqual(refreshToken, first.refreshToken);
    assert.equal((await server.call('GET', '/users/me', { bearer: String(access) })).status, 200);
  });

  test('says how long the token lives, where the account says it too', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const data = { auth_modules: { oauth2: { token_auth_expiry_s: 300 } } };
    const said = await server.call('POST', '/v2/accounts/root/security', {
      bearer: server.admin.token,
      json: { data },
    });
    assert.equal(said.status, 200, said.text);
    const first = await grant(server, app, server.admin);
    const next = membersOf(await renew(server, app, tokensOf(first).refreshToken));
    assert.deepEqual([membersOf(first)['expires_in'], next['expires_in']], [300, 300]);
    const lives = async () => (await server.call('GET', '/users/me', { bearer: String(next['access_token']) })).status;
    server.clock.tick(299_999);
    assert.equal(await lives(), 200);
    server.clock.tick(1);
    assert.equal(await lives(), 401);
  });

  test('is told what it lacks, and refused to a client that does not name it', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    const answer = await post(server, tokenPath, { grant_type: 'refresh_token' }, app);
    assertError(answer, 400, 'invalid_request', 'The refresh grant requires `refresh_token`.');
    const plain = await addApp(server, { grant_types: ['password'] });
    assertError(await renew(server, plain, 'x'), 400, 'unauthorized_client');
  });

  test("has one answer for what is unknown, used, another's, over, or another kind of token", async () => {
    await using server = await startServer();
    const [app, other] = [await addApp(server), await addApp(server)];
    const { access, refreshToken } = tokensOf(await grant(server, app, server.admin));
    const used = tokensOf(await grant(server, app, server.admin)).refreshToken;
    tokensOf(await renew(server, app, used));
    const answers = [
      await renew(server, app, 'unknown'),
      await renew(server, app, ''),
      await renew(server, app, used),
      await renew(server, app, used, { scope: 'admin' }),
      await renew(server, other, refreshToken),
      await renew(server, app, access),
      await renew(server, app, server.admin.token),
    ];
    server.clock.tick(30 * 24 * 3_600_000);
    answers.push(await renew(server, app, refreshToken));
    for (const answer of answers) assertError(answer, 400, 'invalid_grant');
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
  });
});
