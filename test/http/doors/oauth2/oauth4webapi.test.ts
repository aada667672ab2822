/** A client library that somebody else wrote, against the server on a real socket. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { listen } from '../../../../src/cli/listen.ts';
import { startServer } from '../../../../kit/server.ts';
import { addApp } from './help.ts';

const plain = { [oauth.allowInsecureRequests]: true };

/** A server that is reached over loopback. */
async function served() {
  const server = await startServer();
  const front = await listen('127.0.0.1', 0);
  front.open(server.countersign.listener);
  const issuer = `http://127.0.0.1:${front.port}`;
  const as: oauth.AuthorizationServer = {
    issuer,
    token_endpoint: `${issuer}/mfa/oauth2/token`,
    introspection_endpoint: `${issuer}/oauth2/introspect`,
    revocation_endpoint: `${issuer}/oauth2/revoke`,
  };
  const { id, secret } = await addApp(server);
  const stop = async () => {
    await front.close(0);
    await server[Symbol.asyncDispose]();
  };
  return { server, as, client: { client_id: id }, secret, [Symbol.asyncDispose]: stop };
}

for (const [way, auth] of [
  ['HTTP Basic', oauth.ClientSecretBasic],
  ['the body', oauth.ClientSecretPost],
] as const) {
  test(`oauth4webapi gets, refreshes, introspects and revokes tokens, with its secret in ${way}`, async () => {
    await using running = await served();
    const { server, as, client } = running;
    const proof = auth(running.secret);
    const { name: username, password } = server.admin;
    const asked = { username, password, scope: 'read' };
    const granted = await oauth.processGenericTokenEndpointResponse(
      as,
      client,
      await oauth.genericTokenEndpointRequest(as, client, proof, 'password', asked, plain),
    );
    assert.deepEqual([granted.token_type, granted.expires_in, granted.scope], ['bearer', 3600, 'read']);

    const refreshed = await oauth.processRefreshTokenResponse(
      as,
      client,
      await oauth.refreshTokenGrantRequest(as, client, proof, granted.refresh_token ?? '', plain),
    );
    assert.notEqual(refreshed.refresh_token, granted.refresh_token);

    const introspect = async () =>
      oauth.processIntrospectionResponse(
        as,
        client,
        await oauth.introspectionRequest(as, client, proof, refreshed.access_token, plain),
      );
    const { active, sub, client_id: id } = await introspect();
    assert.deepEqual({ active, sub, id }, { active: true, sub: server.admin.uid, id: client.client_id });

    const revoked = await oauth.revocationRequest(as, client, proof, refreshed.refresh_token ?? '', plain);
    assert.equal(await oauth.processRevocationResponse(revoked), undefined);
    assert.deepEqual(await introspect(), { active: false });
  });
}

test('oauth4webapi reads the errors of the server as those of RFC 6749', async () => {
  await using running = await served();
  const { server, as, client, secret } = running;
  const ask = async (proof: oauth.ClientAuth, password: string) =>
    oauth.processGenericTokenEndpointResponse(
      as,
      client,
      await oauth.genericTokenEndpointRequest(
        as,
        client,
        proof,
        'password',
        { username: server.admin.name, password },
        plain,
      ),
    );
  await assert.rejects(ask(oauth.ClientSecretPost(secret), 'not the one'), (error) => {
    assert.ok(error instanceof oauth.ResponseBodyError);
    assert.deepEqual([error.status, error.error], [400, 'invalid_grant']);
    return true;
  });
  await assert.rejects(ask(oauth.ClientSecretBasic('wrong'), server.admin.password), (error) => {
    assert.ok(error instanceof oauth.WWWAuthenticateChallengeError || error instanceof oauth.ResponseBodyError);
    assert.equal(error.status, 401);
    return true;
  });
});
