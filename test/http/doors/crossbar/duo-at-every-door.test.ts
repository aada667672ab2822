/** What an account requires of an auth module holds at its door, whatever its dialect: Duo at the doors that know no Duo. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { operator, requestContext } from '../../../../src/engine/context.ts';
import { makeClient } from '../../../../src/engine/oauth/change-client.ts';
import { approve } from '../../../factors/duo-help.ts';
import type { Answer } from '../../../../kit/server.ts';
import { door, type Data } from './door.ts';
import { duoFixture, type DuoFixture, type Protocol } from './duo-fixture.ts';

type Door = {
  /** Asks with the password, and with a reply where there is one. */
  readonly logIn: (fixture: DuoFixture, response?: unknown) => Promise<Answer>;
  /** What the answer says that the client has to do. */
  readonly settings: (answer: Answer) => Data;
  readonly token: (answer: Answer) => unknown;
  readonly refused: number;
};

const json = ({ json: body }: Answer) => body as Data;

const deux = (logIn: Door['logIn'], member: string): Door => ({
  logIn,
  settings(answer) {
    const { mfa_required, mfa_type, mfa_settings } = json(answer);
    assert.deepEqual([answer.status, mfa_required, mfa_type], [200, true, 'duo']);
    return mfa_settings as Data;
  },
  token: (answer) => json(answer)[member],
  refused: 400,
});

/** A client of the account's own, made by the operator. */
async function clientOf({ server, acme }: DuoFixture): Promise<Data> {
  const ctx = requestContext(server.countersign.context, operator);
  const wished = {
    name: 'app',
    grantTypes: ['password', 'refresh_token'] as const,
    scope: '',
    isPublic: false,
    accountId: acme.id,
  };
  const { client, secret } = await makeClient(ctx, undefined, wished);
  return { client_id: client.id, client_secret: secret };
}

function tokens({ server }: DuoFixture, client: Data, members: Data): Promise<Answer> {
  return server.call('POST', '/mfa/oauth2/token', { json: { ...client, ...members } });
}

const byPassword = ({ acme: { username, password } }: DuoFixture) => ({ grant_type: 'password', username, password });

/** A prompt of a client's login is answered by that client. */
const clients = new WeakMap<DuoFixture, Promise<Data>>();

async function grant(fixture: DuoFixture, mfa_code?: unknown): Promise<Answer> {
  const client = clients.get(fixture) ?? clientOf(fixture);
  clients.set(fixture, client);
  return tokens(fixture, await client, { ...byPassword(fixture), mfa_code });
}

const doors: Record<string, Door> = {
  authtoken: deux(async ({ server, acme: { username, password, id } }, mfa_code) => {
    return server.call('POST', '/mfa/authtoken/login', { json: { username, password, account: id, mfa_code } });
  }, 'token'),
  oauth2: deux(grant, 'access_token'),
};

for (const [name, { logIn, settings, token, refused }] of Object.entries(doors)) {
  for (const protocol of ['Web SDK', 'Universal Prompt'] as const) {
    test(`${name} asks for Duo by the ${protocol}, and takes its reply as a code`, async () => {
      await using fixture = await duoFixture(protocol);
      const response = await yes(fixture, settings(await logIn(fixture)), protocol);
      assert.equal((await logIn(fixture, '123456')).status, refused);
      const answer = await logIn(fixture, response);
      assert.deepEqual(decodeJwt(String(token(answer)))['amr'], ['pwd', 'duo', 'mfa'], answer.text);
      assert.equal((await logIn(fixture, response)).status, refused);
    });
  }
}

for (const protocol of ['Web SDK', 'Universal Prompt'] as const) {
  test(`password asks for Duo by the ${protocol}, and the challenge takes its reply`, async () => {
    await using fixture = await duoFixture(protocol);
    const { server, acme } = fixture;
    const first = await server.call('POST', `/auth/password?account=${acme.id}`, {
      basic: [acme.username, acme.password],
    });
    assert.equal(first.status, 302);
    const { challenge_token, factors } = json(first) as { challenge_token: string; factors: { settings: Data }[] };
    const answer = (response: unknown) =>
      server.call('POST', '/auth/totp', { json: { token: response, challenge_token } });
    for (const wrong of ['123456', 7, { state: 's', duo_code: 'd' }]) assert.equal((await answer(wrong)).status, 401);
    const [{ settings: asked } = { settings: {} }] = factors;
    const token = await answer(await yes(fixture, asked, protocol));
    assert.deepEqual(decodeJwt(String(json(token)['token']))['amr'], ['pwd', 'duo', 'mfa']);
  });
}

test('a session without Duo is not refreshed once Duo is required', async () => {
  await using fixture = await duoFixture('Web SDK');
  const { server, acme } = fixture;
  const path = `accounts/${acme.id}/security`;
  const required = json(await door(server)(200, 'GET', path))['data'] as { account: Data };
  await door(server)(200, 'DELETE', path);
  const client = await clientOf(fixture);
  const renew = (refresh_token: unknown) => tokens(fixture, client, { grant_type: 'refresh_token', refresh_token });
  const first = json(await tokens(fixture, client, byPassword(fixture)))['refresh_token'];
  const next = await renew(first);
  assert.equal(next.status, 200, next.text);
  await door(server)(200, 'POST', path, required.account);
  const answer = await renew(json(next)['refresh_token']);
  assert.deepEqual([answer.status, json(answer)['error']], [400, 'invalid_grant']);
});

async function yes({ duo }: DuoFixture, asked: Data, protocol: Protocol): Promise<unknown> {
  return protocol === 'Web SDK' ? approve(String(asked['duo_sig_request'])) : duo.visit(String(asked['duo_auth_url']));
}

test("a challenge of a login shows the Web SDK's request, and takes its response by its own name", async () => {
  await using fixture = await duoFixture('Web SDK');
  const { server, acme } = fixture;
  const login = { username: acme.username, password: acme.password, account: acme.id };
  const asked = await server.call('POST', '/mfa/authtoken/login', { json: login });
  const bearer = String(json(asked)['mfa_token']);
  const sent = json(await server.call('POST', '/challenges/current/send', { bearer, json: {} }));
  assert.equal(sent['duo_api_hostname'], fixture.duo.host);
  const duo_sig_response = await yes(fixture, sent, 'Web SDK');
  const answer = await server.call('POST', '/challenges/current/verify', { bearer, json: { duo_sig_response } });
  assert.equal(answer.status, 200, answer.text);
});
