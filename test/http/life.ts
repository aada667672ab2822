import assert from 'node:assert/strict';
import { second } from '../../src/base/clock.ts';
import { member, type App, type Server } from '../../kit/server.ts';
import { nameOf } from './catalogue.ts';
import { accounts } from './life/accounts.ts';
import { applications, clients } from './life/applications.ts';
import { begin, type Secret } from './life/begin.ts';
import { selfService } from './life/self-service.ts';

/** One user's life from their registration to their end, with their slips, through every route of the table. */
export async function live(server: Server): Promise<readonly Secret[]> {
  const life = begin(server);
  const { ask, keep, secrets } = life;
  const { clock, admin } = server;

  // She registers, with a slip or two.
  const [password, next, unused] = ['ada in the library', 'ada in the garden', 'ada in the tower'];
  keep('password', 0, password, next, unused);
  const profile = { name: 'ada', email: 'ada@example.org', phone: '+14155552671', firstName: 'Ada', lastName: 'Byron' };
  await ask(400, 'POST', '/users', { json: { ...profile, password, pasword: password } });
  await ask(400, 'POST', '/users', { json: { ...profile, password, email: `${password}@` } });
  const registered = await ask(201, 'POST', '/users', { json: { ...profile, password } });
  const uid = member(registered, 'uid');
  await ask(409, 'POST', '/users', { json: { ...profile, password } });
  await ask(401, 'GET', '/auth/password', { basic: ['ada', `${password}!`] });
  await ask(200, 'GET', '/auth/password', { basic: ['ada', password] });
  let bearer = member(await ask(200, 'POST', '/auth/password', { basic: ['Ada@Example.org', password] }), 'token');

  // She makes herself at home.
  await ask(200, 'GET', '/users/me', { bearer });
  await ask(200, 'PATCH', `/users/${uid}`, { bearer, json: { lastName: 'Lovelace' } });
  await ask(200, 'GET', '/users', { bearer: admin.token });
  const apikey = member(await ask(200, 'POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } }), 'secret');
  keep('apikey', 1, apikey);
  const device = 'made by a device of hers';
  keep('device secret', 0, device);
  await ask(400, 'POST', '/users/me/secrets', {
    bearer,
    json: { type: 'device', secret: device, description: '\u0000' },
  });
  await ask(200, 'POST', '/users/me/secrets', { bearer, json: { type: 'device', secret: device } });

  // She enrols two apps, along both paths, and renews her codes.
  const app = await newApp('/enroll', 10);
  const other = await newApp('', 0);
  const renewed = await ask(200, 'POST', '/users/me/secrets/codes', { bearer });
  const { codes } = renewed.json as { codes: string[] };
  keep('recovery code', 1, ...codes);
  await ask(200, 'GET', '/users/me/secrets', { bearer });
  await ask(200, 'GET', '/users/me/secrets', { bearer: admin.token });
  await ask(200, 'GET', `/users/${uid}/secrets`, { bearer: admin.token });
  await ask(200, 'GET', '/users/me/secrets/count', { bearer });
  await ask(200, 'GET', `/users/me/secrets/${app.secretId}`, { bearer });

  // She logs in with whatever she has.
  await ask(200, 'GET', '/auth/password', { basic: ['ada', apikey] });
  await ask(302, 'GET', '/auth/password', { basic: ['ada', device] });
  await answerWith(other.code());
  await answerWith(codes[0]);
  await answerWith(codes[1]?.toUpperCase().replaceAll('-', ' '));

  await selfService(life);
  await applications(life);
  await clients(life, password);
  await accounts(life);

  // She changes her password, ends sessions and goes.
  await ask(400, 'POST', '/users/me/secrets', {
    bearer,
    json: { type: 'password', secret: unused, oldPassword: password },
  });
  await ask(200, 'POST', '/users/me/secrets', { bearer, json: { type: 'password', secret: next } });
  await ask(401, 'GET', '/auth/password', { basic: ['ada', password] });
  const challenge = member(await ask(302, 'POST', '/auth/password', { basic: ['ada', next] }), 'challenge_token');
  clock.tick(30 * second);
  await ask(200, 'POST', `/auth/totp?jwt_token=${challenge}`, { json: { token: app.code() } });
  const sessions = (await ask(200, 'GET', '/sessions', { bearer })).json as { sid: string; current: boolean }[];
  await ask(204, 'DELETE', `/sessions/${sessions.find(({ current }) => !current)?.sid}`, { bearer });
  await ask(200, 'GET', '/auth/password', { basic: ['ada', apikey] });
  const by = { bearer: admin.token };
  const [newest] = (await ask(200, 'GET', `/users/${uid}/sessions`, by)).json as { sid: string }[];
  await ask(204, 'DELETE', `/users/${uid}/sessions/${newest?.sid}`, by);
  await ask(204, 'DELETE', '/sessions', { bearer });
  await ask(204, 'DELETE', `/users/me/secrets/${app.secretId}`, { bearer });
  await ask(204, 'DELETE', '/sessions/current', { bearer });
  await ask(204, 'DELETE', `/users/${uid}/sessions`, by);
  await ask(204, 'DELETE', `/users/${uid}`, { bearer: admin.token });
  for (const path of [
    '/',
    '/problems',
    '/problems/name_taken',
    '/health/live',
    '/health/ready',
    '/metrics',
    '/.well-known/jwks.json',
    '/openapi.json',
    '/docs',
    '/docs/style.css',
  ])
    await ask(200, 'GET', path);
  assertAllWereUsed(server);
  return secrets;

  async function newApp(path: '/enroll' | '', makes: number): Promise<App & { code: () => string }> {
    const made = await ask(200, 'POST', '/users/me/secrets', { bearer, json: { type: 'mfa', description: 'phone' } });
    const { uid: secretId, secret } = made.json as { uid: string; secret: { secret: string } };
    const seed = secret.secret;
    keep('seed', 1, seed);
    const enrol = `/users/me/secrets/${secretId}${path}`;
    await ask(400, 'PUT', enrol, { bearer, json: { token: server.wrongCode({ seed }) } });
    const answer = await ask(200, 'PUT', enrol, { bearer, json: { token: server.code({ seed }) } });
    const enrolled = answer.json as { codes: string[] };
    // The token of the session's next generation, which has proven the app.
    bearer = member(answer, 'token');
    assert.equal(enrolled.codes.length, makes);
    keep('recovery code', 1, ...enrolled.codes);
    clock.tick(30 * second);
    return { secretId, seed, codes: enrolled.codes, code: () => server.code({ seed }) };
  }

  async function answerWith(code: string | undefined): Promise<void> {
    const token = member(await ask(302, 'POST', '/auth/password', { basic: [uid, password] }), 'challenge_token');
    await ask(401, 'POST', '/auth/totp', { json: { token: server.wrongCode(app), challenge_token: token } });
    await ask(200, 'POST', '/auth/totp', { json: { token: code, challenge_token: token } });
    await ask(401, 'POST', '/auth/totp', { json: { token: code, challenge_token: token } });
  }
}

function assertAllWereUsed({ answers, countersign }: Server): void {
  const granted = answers
    .filter(({ status }) => status < 400 || status === 501)
    .map(({ route }) => route && nameOf(route));
  const unused = countersign.routes.map(nameOf).filter((name) => !granted.includes(name));
  assert.deepEqual(unused, [], 'a route of the table has no place in test/http/life.ts yet');
}
