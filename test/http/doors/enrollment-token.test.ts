/** Contract section 4: who must have a second factor and has none gets in by enrolling it, at every door, and can do nothing else before that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { minute } from '../../../src/base/clock.ts';
import { onEachDatabase, type TestDatabase } from '../../../kit/databases.ts';
import { startServer, type Answer, type Server } from '../../../kit/server.ts';
import { bodyOf, dataOf, door, tenant, type Data } from './crossbar/door.ts';

type Tenant = Awaited<ReturnType<typeof tenant>>;
type Scene = AsyncDisposable & { readonly server: Server; readonly acme: Tenant };

const modules = ['user_auth', 'authtoken', 'oauth2', 'password', 'device', 'apikey'];

/** An account that requires a factor of every module. */
async function requiring(on: TestDatabase, provider_name: string): Promise<Scene> {
  const server = await startServer({ on });
  const acme = await tenant(server, 'root', 'acme');
  await requireOf(server, acme, provider_name);
  return { server, acme, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function requireOf(server: Server, { id }: Tenant, provider_name: string): Promise<void> {
  const provider = { provider_name, provider_type: 'multi_factor', enabled: true, settings: {} };
  const made = await door(server)(201, 'PUT', `accounts/${id}/multi_factor`, provider);
  const multi_factor = { enabled: true, configuration_id: dataOf(made)['id'] };
  const auth_modules = Object.fromEntries(modules.map((name) => [name, { multi_factor }]));
  await door(server)(200, 'POST', `accounts/${id}/security`, { auth_modules });
}

const json = ({ json: body }: Answer) => body as Data;

/** A login at each door, and where its dialect puts what is said about the enrolment. */
const doors: Record<string, { logIn: (scene: Scene) => Promise<Answer>; said: (answer: Answer) => Data }> = {
  user_auth: {
    logIn: ({ server, acme: { username, password, id } }) =>
      server.call('PUT', '/v2/user_auth', { json: { data: { username, password, account_id: id } } }),
    said: (answer) => {
      assert.deepEqual([bodyOf(answer)['error'], bodyOf(answer)['message']], ['403', 'mfa_enrollment_required']);
      return dataOf(answer);
    },
  },
  authtoken: {
    logIn: ({ server, acme: { username, password, id } }) =>
      server.call('POST', '/mfa/authtoken/login', { json: { username, password, account: id } }),
    said: json,
  },
  oauth2: {
    async logIn({ server, acme: { username, password, id } }) {
      const app = { name: 'app', grant_types: ['password'], account: id };
      const made = await server.call('POST', '/oauth2/clients', {
        bearer: server.admin.token,
        json: { ...app, account: undefined },
      });
      const { client_id, client_secret } = json(made);
      const who = { grant_type: 'password', username, password, account: id };
      return server.call('POST', '/mfa/oauth2/token', { json: { ...who, client_id, client_secret } });
    },
    said: (answer) => {
      assert.equal(json(answer)['error'], 'mfa_enrollment_required');
      return json(answer);
    },
  },
  password: {
    logIn: ({ server, acme: { username, password, id } }) =>
      server.call('GET', `/auth/password?account=${id}`, { basic: [username, password] }),
    said: (answer) => {
      assert.equal(json(answer)['code'], 'mfa_enrollment_required');
      return json(answer);
    },
  },
};

async function offered(scene: Scene, name = 'user_auth'): Promise<string> {
  const { logIn, said } = doors[name] ?? assert.fail(name);
  const answer = await logIn(scene);
  assert.equal(answer.status, 403, answer.text);
  return String(said(answer)['enrollment_token']);
}

const claims = (token: unknown) => decodeJwt(String(token));

onEachDatabase('who must enrol', (on) => {
  for (const [name, { logIn, said }] of Object.entries(doors)) {
    test(`${name}: gets a token instead of a session, enrols an app with it, and is in`, async () => {
      await using scene = await requiring(on, 'totp');
      const { server, acme } = scene;
      const answer = await logIn(scene);
      assert.equal(answer.status, 403, answer.text);
      const { mfa_enrollment_required, mfa_type, expires_at, enrollment_token } = said(answer);
      const end = new Date(server.clock.now() + 10 * minute).toISOString();
      assert.deepEqual([mfa_enrollment_required, mfa_type, expires_at], [true, 'totp', end]);
      const bearer = String(enrollment_token);
      const begun = json(await server.call('PUT', '/mfa/totp/request', { bearer, json: {} }));
      const mfa_code = server.code({ seed: String(begun['secret']) });
      const done = await server.call('PUT', '/mfa/totp/verify', { bearer, json: { mfa_code } });
      assert.equal(done.status, 200, done.text);
      const { amr, acr, sub, account } = claims(json(done)['token']);
      assert.deepEqual([amr, acr, sub, account], [['pwd', 'otp', 'mfa'], 'aal2', acme.uid, acme.id]);
      assert.equal((await server.call('GET', '/users/me', { bearer: String(json(done)['token']) })).status, 200);
      assert.equal((await server.call('PUT', '/mfa/totp/request', { bearer, json: {} })).status, 401, 'it works once');
      assert.equal((await logIn(scene)).status, name === 'user_auth' ? 401 : name === 'password' ? 302 : 200);
    });
  }

  test('the secrets door takes the token too, and shows the recovery codes', async () => {
    await using scene = await requiring(on, 'totp');
    const { server } = scene;
    const bearer = await offered(scene, 'password');
    const made = json(await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'mfa' } }));
    const { secret: seed } = made['secret'] as { secret: string };
    const path = `/users/me/secrets/${String(made['uid'])}/enroll`;
    const wrong = await server.call('PUT', path, { bearer, json: { token: server.wrongCode({ seed }) } });
    assert.equal(wrong.status, 400);
    const done = json(await server.call('PUT', path, { bearer, json: { token: server.code({ seed }) } }));
    assert.equal((done['codes'] as readonly string[]).length, 10);
    assert.equal(claims(done['token'])['acr'], 'aal2');
  });

  for (const [kind, given] of Object.entries({
    sms: { phone_number: '+12133734253' },
    email: { email: 'ada@example.org' },
  })) {
    test(`a code by ${kind} is enrolled in the same way`, async () => {
      await using scene = await requiring(on, kind);
      const { server } = scene;
      const bearer = await offered(scene);
      assert.equal((await server.call('PUT', `/mfa/${kind}/request`, { bearer, json: given })).status, 200);
      const mfa_code = server.sent.at(-1)?.code;
      const done = await server.call('PUT', `/mfa/${kind}/verify`, { bearer, json: { mfa_code } });
      assert.equal(claims(json(done)['token'])['acr'], kind === 'email' ? 'aal1' : 'aal2', done.text);
    });
  }

  test('the log tells both halves of the login', async () => {
    await using scene = await requiring(on, 'totp');
    const { server, acme } = scene;
    const bearer = await offered(scene);
    const begun = json(await server.call('PUT', '/mfa/totp/request', { bearer, json: {} }));
    const mfa_code = server.code({ seed: String(begun['secret']) });
    await server.call('PUT', '/mfa/totp/verify', { bearer, json: { mfa_code } });
    const list = dataOf(
      await door(server)(200, 'GET', `accounts/${acme.id}/multi_factor/attempts`),
    ) as unknown as Data[];
    assert.deepEqual(
      list.map(({ debug_type, message }) => [debug_type, message]),
      [
        ['success', 'the second factor is right'],
        ['failed', 'the user has not enrolled the second factor that is required'],
      ],
    );
  });

  test('a challenge token enrols nothing, and an enrolment token answers no challenge', async () => {
    await using scene = await requiring(on, 'totp');
    const { server } = scene;
    const person = await server.addPerson('grace');
    const app = await server.addApp(person);
    const challenge = await server.challenge(person);
    const bearer = await offered(scene);
    assert.equal((await server.call('PUT', '/mfa/totp/request', { bearer: challenge, json: {} })).status, 401);
    const answer = { challenge_token: bearer, token: server.code(app) };
    assert.equal((await server.call('POST', '/auth/totp', { json: answer })).status, 401);
  });

  test('who has another second factor proves it before they enrol the one that is required', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const phone_number = '+12133734253';
    await server.call('PUT', '/mfa/sms/request', { bearer: acme.token, json: { phone_number } });
    await server.call('PUT', '/mfa/sms/verify', { bearer: acme.token, json: { mfa_code: server.sent.at(-1)?.code } });
    await requireOf(server, acme, 'totp');
    server.clock.tick(minute);
    const logIn = (more: object = {}) => {
      const data = { username: acme.username, password: acme.password, account_id: acme.id, ...more };
      return server.call('PUT', '/v2/user_auth', { json: { data } });
    };
    const asked = await logIn();
    const request = dataOf(asked)['multi_factor_request'] as { provider_name: string };
    assert.deepEqual([asked.status, request.provider_name], [401, 'sms']);
    assert.equal(dataOf(asked)['enrollment_token'], undefined);
    const answer = await logIn({ multi_factor_response: server.sent.at(-1)?.code });
    assert.deepEqual([answer.status, bodyOf(answer)['message']], [403, 'mfa_enrollment_required'], answer.text);
    const bearer = String(dataOf(answer)['enrollment_token']);
    const begun = json(await server.call('PUT', '/mfa/totp/request', { bearer, json: {} }));
    const mfa_code = server.code({ seed: String(begun['secret']) });
    const done = json(await server.call('PUT', '/mfa/totp/verify', { bearer, json: { mfa_code } }));
    assert.deepEqual(claims(done['token'])['amr'], ['pwd', 'sms', 'mfa', 'otp']);
  });

  test('a program that shows an API key enrols nothing', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const made = await server.call('POST', '/users/me/secrets', { bearer: acme.token, json: { type: 'apikey' } });
    await requireOf(server, acme, 'totp');
    const basic = [acme.username, String(json(made)['secret'])] as const;
    const answer = await server.call('GET', `/auth/password?account=${acme.id}`, { basic });
    assert.deepEqual([answer.status, json(answer)['code']], [403, 'mfa_enrollment_required']);
    assert.equal(json(answer)['enrollment_token'], undefined);
  });

  test('the token lasts ten minutes, and not beyond a change of the password', async () => {
    await using scene = await requiring(on, 'totp');
    const { server, acme } = scene;
    const begin = async (bearer: string) =>
      (await server.call('PUT', '/mfa/totp/request', { bearer, json: {} })).status;
    const first = await offered(scene);
    server.clock.tick(10 * minute - 1);
    assert.equal(await begin(first), 200);
    server.clock.tick(1);
    assert.equal(await begin(first), 401);
    const second = await offered(scene);
    await door(server)(200, 'PATCH', `accounts/${acme.id}/users/${acme.uid}`, { password: 'another password' });
    assert.equal(await begin(second), 401);
  });

  test('of eight at once with the code one gets a session', async () => {
    await using scene = await requiring(on, 'totp');
    const { server } = scene;
    const bearer = await offered(scene);
    const begun = json(await server.call('PUT', '/mfa/totp/request', { bearer, json: {} }));
    const mfa_code = server.code({ seed: String(begun['secret']) });
    const verify = () => server.call('PUT', '/mfa/totp/verify', { bearer, json: { mfa_code } });
    const answers = await Promise.all(Array.from({ length: 8 }, verify));
    assert.equal(answers.filter((answer) => json(answer)['token'] !== undefined).length, 1);
  });

  test('two enrolments that were begun at once end in one factor and one session', async () => {
    await using scene = await requiring(on, 'totp');
    const { server } = scene;
    const bearers = [await offered(scene), await offered(scene, 'password')];
    const begun = json(await server.call('PUT', '/mfa/totp/request', { bearer: bearers[0], json: {} }));
    const mfa_code = server.code({ seed: String(begun['secret']) });
    const answers = await Promise.all(
      bearers.map((bearer) => server.call('PUT', '/mfa/totp/verify', { bearer, json: { mfa_code } })),
    );
    assert.equal(answers.filter((answer) => json(answer)['token'] !== undefined).length, 1);
  });
});
