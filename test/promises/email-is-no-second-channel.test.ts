/**
 * SP 800-63B-4 section 3.1.3.1: a code by e-mail is a second factor and leaves the session at AAL1, at every door, unless
 * the account says otherwise; and it is fresh proof only for users who have no other second factor.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startServer, type Person, type Server } from '../../kit/server.ts';
import { addService } from '../http/doors/challenges/service.ts';

const seconds = ['pwd', 'otp', 'email', 'mfa'];

async function addAddress(server: Server, { token: bearer }: Pick<Person, 'token'>) {
  const asked = await server.call('PUT', '/mfa/email/request', { bearer, json: { email: 'ada@example.org' } });
  assert.equal(asked.status, 200, asked.text);
  const json = { mfa_code: newest(server) };
  assert.equal((await server.call('PUT', '/mfa/email/verify', { bearer, json })).status, 200);
  server.clock.tick(minute);
  const listed = (await server.call('GET', '/mfa/', { bearer })).json as {
    factors: readonly { id: string; type: string }[];
  };
  return listed.factors.find(({ type }) => type === 'email')?.id ?? assert.fail('it is not there');
}

const newest = (server: Server) => server.sent.findLast(({ code }) => code !== undefined)?.code ?? assert.fail();

/** Sends a code to the address, and answers with it. */
async function codeFor(server: Server, challenge: string, factor_id: string): Promise<string> {
  server.clock.tick(minute);
  const sent = await server.call('POST', '/challenges/current/send', { bearer: challenge, json: { factor_id } });
  assert.equal(sent.status, 202, sent.text);
  return newest(server);
}

const tokenIn = ({ json }: { json: unknown }): string => {
  const { token, access_token, auth_token } = json as Readonly<Record<string, string | undefined>>;
  return token ?? access_token ?? auth_token ?? assert.fail(JSON.stringify(json));
};

/** The claims of a token, and the answer of `/forward-auth` for it. */
async function assuranceOf(server: Server, bearer: string) {
  const { amr, acr } = JSON.parse(Buffer.from(bearer.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
  const asked = await server.call('GET', '/forward-auth?acr_values=aal2', { bearer });
  return { amr, acr, isAal2: asked.status === 204 };
}

const weak = { amr: seconds, acr: 'aal1', isAal2: false };

/** The password and the code at every door that logs in. */
function doors(
  server: Server,
  { name: username, password }: Pick<Person, 'name' | 'password'>,
  { address, ...client }: Readonly<{ address: string }>,
) {
  const challenge = async () => server.challenge({ name: username, password });
  return {
    'POST /auth/totp': async () => {
      const challenge_token = await challenge();
      const token = await codeFor(server, challenge_token, address);
      return server.call('POST', '/auth/totp', { json: { token, challenge_token } });
    },
    'POST /challenges/current/verify': async () => {
      const bearer = await challenge();
      const json = { code: await codeFor(server, bearer, address) };
      return server.call('POST', '/challenges/current/verify', { bearer, json });
    },
    'POST /mfa/authtoken/login': async () => {
      const mfa_code = await codeFor(server, await challenge(), address);
      return server.call('POST', '/mfa/authtoken/login', { json: { username, password, mfa_code } });
    },
    'POST /mfa/oauth2/token': async () => {
      const mfa_code = await codeFor(server, await challenge(), address);
      const json = { ...client, grant_type: 'password', username, password, mfa_code };
      return server.call('POST', '/mfa/oauth2/token', { json });
    },
    'PUT /v2/user_auth': async () => {
      const multi_factor_response = await codeFor(server, await challenge(), address);
      return server.call('PUT', '/v2/user_auth', { json: { data: { username, password, multi_factor_response } } });
    },
  };
}

async function clientOf(server: Server) {
  const json = { name: 'app', grant_types: ['password', 'refresh_token'] };
  const made = await server.call('POST', '/oauth2/clients', { bearer: server.admin.token, json });
  const { client_id, client_secret } = made.json as { client_id: string; client_secret: string };
  return { client_id, client_secret };
}

async function withRole(server: Server, name: string, role: string) {
  const password = `the password of ${name}`;
  const json = { data: { username: name, password, roles: [role] } };
  await server.call('PUT', '/v2/accounts/root/users', { bearer: server.admin.token, json });
  return { name, password, token: await server.logIn({ name, password }) };
}

const say = async (server: Server, rules: object) => {
  const json = { data: rules };
  const answer = await server.call('PATCH', '/v2/accounts/root/security', { bearer: server.admin.token, json });
  assert.equal(answer.status, 200, answer.text);
};

onEachDatabase('a code by e-mail', (on) => {
  test('leaves a session at aal1 at every door, and when it is refreshed', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const address = await addAddress(server, ada);
    const client = await clientOf(server);
    for (const [door, login] of Object.entries(doors(server, ada, { address, ...client }))) {
      const answer = await login();
      const bearer = tokenIn(answer);
      assert.deepEqual(await assuranceOf(server, bearer), weak, door);
      const [newestSession] = (await server.call('GET', '/sessions', { bearer })).json as readonly { acr: string }[];
      assert.equal(newestSession?.acr, 'aal1', door);
      const { refresh_token } = answer.json as { refresh_token?: string };
      if (refresh_token === undefined) continue;
      const json = { ...client, grant_type: 'refresh_token', refresh_token };
      const refreshed = await server.call('POST', '/mfa/oauth2/token', { json });
      assert.deepEqual(await assuranceOf(server, tokenIn(refreshed)), weak);
    }
  });

  test('gives aal2 where the account says so, and no account below may say so where one above says no', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const address = await addAddress(server, ada);
    const login = doors(server, ada, { address })['PUT /v2/user_auth'];
    await say(server, { email_is_aal2: true });
    const strong = { amr: ['pwd', 'otp', 'mfa'], acr: 'aal2', isAal2: true };
    assert.deepEqual(await assuranceOf(server, tokenIn(await login())), strong);
    await say(server, { email_is_aal2: false });
    assert.deepEqual(await assuranceOf(server, tokenIn(await login())), weak);
  });

  test('is fresh proof for a user who has nothing else, and for nobody else', async () => {
    await using server = await startServer({ on });
    const ada = await withRole(server, 'ada', 'admin');
    const address = await addAddress(server, ada);
    const login = doors(server, ada, { address })['PUT /v2/user_auth'];
    const write = (bearer: string) =>
      server.call('PUT', '/v2/accounts/root', { bearer, json: { data: { name: `a ${server.answers.length}` } } });
    const manage = (bearer: string) => server.call('POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } });
    const alone = tokenIn(await login());
    assert.deepEqual([(await write(alone)).status, (await manage(alone)).status], [201, 200]);
    const app = await server.addApp({ token: alone });
    const beside = tokenIn(await login());
    assert.deepEqual(await assuranceOf(server, beside), weak);
    for (const refused of [await write(beside), await manage(beside)]) {
      assert.equal(refused.status, 401, refused.text);
      assert.match(String(refused.headers.get('www-authenticate')), /insufficient_user_authentication/);
    }
    const stepUp = (await server.call('POST', '/challenges', { bearer: beside, json: {} })).json as {
      id: string;
      factors: readonly { type: string }[];
    };
    assert.deepEqual(
      stepUp.factors.map(({ type }) => type),
      ['totp'],
      'nothing that would not be enough is offered',
    );
    const path = `/challenges/${stepUp.id}/verify`;
    const raised = await server.call('POST', path, { bearer: beside, json: { code: server.code(app) } });
    const bearer = tokenIn(raised);
    assert.deepEqual(await assuranceOf(server, bearer), { amr: ['pwd', 'otp', 'mfa'], acr: 'aal2', isAal2: true });
    assert.equal((await write(bearer)).status, 201);
  });

  test('takes nothing from a session that has proven more, when the address is enrolled', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const app = await server.addApp(ada);
    server.clock.tick(minute);
    const token = await server.logIn(ada, server.code(app));
    await addAddress(server, { token });
    const answer = await server.call('GET', '/sessions', { bearer: token });
    const [session] = answer.json as readonly { acr: string; amr: readonly string[] }[];
    assert.deepEqual([session?.acr, session?.amr], ['aal2', ['pwd', 'otp', 'mfa']]);
  });

  test('answers a policy that names it, and gives a service an assertion of aal1', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const address = await addAddress(server, ada);
    const bearer = server.admin.token;
    const provider = { provider_name: 'email', provider_type: 'multi_factor', enabled: true, settings: {} };
    const made = await server.call('PUT', '/v2/accounts/root/multi_factor', { bearer, json: { data: provider } });
    const { id: configuration_id } = (made.json as { data: { id: string } }).data;
    await say(server, { auth_modules: { user_auth: { multi_factor: { enabled: true, configuration_id } } } });
    const login = doors(server, ada, { address })['PUT /v2/user_auth'];
    assert.deepEqual(await assuranceOf(server, tokenIn(await login())), weak);
    const shop = await withRole(server, 'shop', 'service');
    const json = { type: 'apikey' };
    const key = (await server.call('POST', '/users/me/secrets', { bearer: shop.token, json })).json as {
      secret: string;
    };
    const asked = await server.call('POST', '/challenges', { bearer: key.secret, json: { user: { uid: ada.uid } } });
    const { id, challenge_token } = asked.json as { id: string; challenge_token: string };
    const code = await codeFor(server, challenge_token, address);
    const approved = await server.call('POST', `/challenges/${id}/verify`, { bearer: key.secret, json: { code } });
    const { acr, amr, assertion } = approved.json as { acr: string; amr: readonly string[]; assertion: string };
    const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as { acr: string };
    assert.deepEqual([acr, amr, claims.acr], ['aal1', ['otp', 'email', 'mfa'], 'aal1']);
  });

  test('approves a change of factors for a service only while its user has nothing else', async () => {
    await using server = await startServer({ on });
    const { key: bearer } = await addService(server, 'root', 'shop');
    const ask = async (status: number, method: string, path: string, json: object = {}) => {
      const answer = await server.call(method, path, { bearer, json });
      assert.equal(answer.status, status, `${answer.asked} ${answer.text}`);
      return answer.json as Readonly<Record<string, string>>;
    };
    const approve = async (kind: 'email' | 'totp', answer?: () => string) => {
      server.clock.tick(minute);
      const { id } = await ask(201, 'POST', '/challenges', { user: { name: '42' }, factors: [kind] });
      if (!answer) await ask(202, 'POST', `/challenges/${id}/send`);
      await ask(200, 'POST', `/challenges/${id}/verify`, { code: answer ? answer() : newest(server) });
      return { challenge_id: id };
    };
    await ask(201, 'PUT', '/users/42');
    const { id: address } = await ask(201, 'POST', '/users/42/factors', { type: 'email', email: 'a@example.org' });
    await ask(200, 'POST', `/users/42/factors/${address}/confirm`, { code: newest(server) });
    const first = await approve('email');
    const { id: app, secret = '' } = await ask(201, 'POST', '/users/42/factors', { type: 'totp', ...first });
    await ask(200, 'POST', `/users/42/factors/${app}/confirm`, { code: server.code({ seed: secret }), ...first });
    await ask(401, 'POST', '/users/42/recovery-codes', await approve('email'));
    await ask(200, 'POST', '/users/42/recovery-codes', await approve('totp', () => server.code({ seed: secret })));
  });
});
