import assert from 'node:assert/strict';
import { second } from '../../src/base/clock.ts';
import { member, type Answer, type App, type Call, type Server } from '../../kit/server.ts';
import { nameOf } from './catalogue.ts';
import { addService } from './doors/challenges/service.ts';

/** Something secret that a life brought forth, and in how many answers it may have stood. */
export type Secret = { readonly what: string; readonly value: string; readonly answers: 0 | 1 };

/** One user's life from their registration to their end, with their slips, through every route of the table. */
export async function live(server: Server): Promise<readonly Secret[]> {
  const secrets: Secret[] = [];
  const keep = (what: string, answers: 0 | 1, ...values: string[]) =>
    secrets.push(...values.map((value) => ({ what, value, answers })));
  const { call, clock, admin } = server;
  const ask = async (status: number, method: string, path: string, options: Call = {}) => {
    const answer = await call(method, path, options);
    assert.equal(answer.status, status, `${answer.asked} ${answer.text}`);
    for (const name of ['token', 'challenge_token', 'mfa_token', 'access_token', 'refresh_token', 'backup_code'])
      if (status < 400 && (answer.json as Record<string, unknown> | undefined)?.[name])
        keep(name, 1, member(answer, name));
    return answer;
  };

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
  const bearer = member(await ask(200, 'POST', '/auth/password', { basic: ['Ada@Example.org', password] }), 'token');

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

  await selfService();
  await applications();
  await clients();
  await accounts();

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
  await ask(204, 'DELETE', `/users/me/secrets/${app.secretId}`, { bearer });
  await ask(204, 'DELETE', '/sessions/current', { bearer });
  await ask(204, 'DELETE', `/users/${uid}`, { bearer: admin.token });
  for (const path of [
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
    const enrolled = (await ask(200, 'PUT', enrol, { bearer, json: { token: server.code({ seed }) } })).json as {
      codes: string[];
    };
    assert.equal(enrolled.codes.length, makes);
    keep('recovery code', 1, ...enrolled.codes);
    clock.tick(30 * second);
    return { secretId, seed, codes: enrolled.codes, code: () => server.code({ seed }) };
  }

  /** Somebody else, at the door that speaks for Deux. */
  async function selfService(): Promise<void> {
    const bob = { name: 'bob', password: 'bob is on the boat' };
    keep('password', 0, bob.password);
    await ask(201, 'POST', '/users', { bearer: admin.token, json: { ...bob, email: 'bob@example.org' } });
    const login = { username: bob.name, password: bob.password };
    const logIn = async (method: string, more: object = {}) =>
      member(await ask(200, method, '/mfa/authtoken/login/', { json: { ...login, ...more } }), 'token');
    const his = { bearer: await logIn('PUT') };
    await ask(200, 'GET', '/mfa/', his);
    for (const [method, json] of [
      ['sms', { phone_number: '2133734253' }],
      ['email', {}],
    ] as const) {
      const begun = server.sent.length;
      await ask(200, 'PUT', `/mfa/${method}/request/`, { ...his, json });
      const { code } = server.sent[begun] ?? assert.fail('no code was sent');
      await ask(400, 'PUT', `/mfa/${method}/verify/`, { ...his, json: { mfa_code: '1' } });
      await ask(200, 'PUT', `/mfa/${method}/verify/`, { ...his, json: { mfa_code: code } });
      clock.tick(30 * second);
    }
    const { secret } = (await ask(200, 'PUT', '/mfa/totp/request/', { ...his, json: {} })).json as { secret: string };
    keep('seed', 1, secret);
    await ask(200, 'PUT', '/mfa/totp/verify/', { ...his, json: { mfa_code: server.code({ seed: secret }) } });
    await ask(501, 'PUT', '/mfa/webauthn/request', his);
    await ask(501, 'PUT', '/mfa/webauthn/verify', his);
    const asked = server.sent.length;
    await ask(200, 'POST', '/mfa/authtoken/login', { json: login });
    const sent = server.sent[asked] ?? assert.fail('no code was sent');
    await ask(400, 'POST', '/mfa/authtoken/login', { json: { ...login, mfa_code: 'x' } });
    const fresh = { bearer: await logIn('POST', { mfa_code: sent.code }) };
    const backup = member(await ask(200, 'GET', '/mfa/recovery/', fresh), 'backup_code');
    await ask(400, 'POST', '/mfa/authtoken/login', { json: { ...login, mfa_code: '123456', backup_code: backup } });
    await stepUp(fresh);
    await ask(204, 'DELETE', '/mfa/', fresh);
    await ask(400, 'DELETE', '/mfa/', fresh);
  }

  /** A session proves its phone once more. */
  async function stepUp(by: Call): Promise<void> {
    clock.tick(30 * second);
    const path = `/challenges/${member(await ask(201, 'POST', '/challenges', { ...by, json: {} }), 'id')}`;
    await ask(200, 'GET', path, by);
    const sent = server.sent.length;
    await ask(202, 'POST', `${path}/send`, { ...by, json: {} });
    const { code } = server.sent[sent] ?? assert.fail('no code was sent');
    await ask(200, 'POST', `${path}/verify`, { ...by, json: { code } });
    await ask(204, 'GET', '/forward-auth?acr_values=aal2&max_age=60', by);
  }

  /** An application that checks its users' passwords itself. */
  async function applications(): Promise<void> {
    const { key } = await addService(server, 'root', 'shop');
    const by = { bearer: key };
    keep('apikey', 1, key);
    const dan = member(await ask(201, 'PUT', '/users/42', { ...by, json: { email: 'dan@example.org' } }), 'uid');
    await ask(200, 'PUT', '/users/42', { ...by, json: { firstName: 'Dan' } });
    await ask(400, 'POST', '/users/42/factors', { ...by, json: { type: 'fax' } });
    const begun = await ask(201, 'POST', '/users/42/factors', { ...by, json: { type: 'totp', issuer: 'Shop' } });
    const [id, seed] = [member(begun, 'id'), member(begun, 'secret')];
    keep('seed', 1, seed);
    const confirm = `/users/42/factors/${id}/confirm`;
    await ask(401, 'POST', confirm, { ...by, json: { code: server.wrongCode({ seed }) } });
    const confirmed = await ask(200, 'POST', confirm, { ...by, json: { code: server.code({ seed }) } });
    keep('recovery code', 1, ...(confirmed.json as { recovery_codes: string[] }).recovery_codes);
    await ask(200, 'GET', '/users/42/factors', by);
    const proof = async () => {
      clock.tick(30 * second);
      const asked = member(await ask(201, 'POST', '/challenges', { ...by, json: { user: { name: '42' } } }), 'id');
      await ask(200, 'POST', `/challenges/${asked}/verify`, { ...by, json: { code: server.code({ seed }) } });
      return asked;
    };
    const again = await ask(200, 'POST', '/users/42/recovery-codes', {
      ...by,
      json: { challenge_id: await proof() },
    });
    keep('recovery code', 1, ...(again.json as { codes: string[] }).codes);
    await ask(401, 'DELETE', `/users/42/factors/${id}`, by);
    await ask(204, 'DELETE', `/users/42/factors/${id}?challenge_id=${await proof()}`, by);
    await ask(204, 'DELETE', `/users/${dan}`, by);
  }

  /** An application that logs people in. */
  async function clients(): Promise<void> {
    const by = { bearer: admin.token };
    const json = { name: 'an application', grant_types: ['password', 'refresh_token'] };
    const made = await ask(201, 'POST', '/oauth2/clients', { ...by, json });
    const [id, secret] = [member(made, 'client_id'), member(made, 'client_secret')];
    keep('client_secret', 1, secret);
    await ask(200, 'GET', '/oauth2/clients', by);
    await ask(200, 'GET', `/oauth2/clients/${id}`, by);
    await ask(200, 'PATCH', `/oauth2/clients/${id}`, { ...by, json: { name: 'the application' } });
    const client = { client_id: id, client_secret: secret };
    const who = { grant_type: 'password', username: 'admin', password: admin.password };
    await ask(400, 'PUT', '/mfa/oauth2/token', { json: { ...client, ...who, password } });
    await ask(401, 'POST', '/mfa/oauth2/token', { json: { ...client, ...who, client_secret: password } });
    await ask(200, 'PUT', '/mfa/oauth2/token', { json: { ...client, ...who } });
    const granted = await ask(200, 'POST', '/mfa/oauth2/token', { json: { ...client, ...who } });
    const token = member(granted, 'access_token');
    await ask(200, 'POST', '/oauth2/introspect', { json: { ...client, token } });
    await ask(200, 'POST', '/oauth2/revoke', { json: { ...client, token } });
    await ask(204, 'DELETE', `/oauth2/clients/${id}`, by);
  }

  /** A reseller makes an account and its users, and reads who tried what. */
  async function accounts(): Promise<void> {
    const by = { bearer: admin.token };
    const ask2 = (status: number, method: string, path: string, data?: object) =>
      ask(status, method, `/v2/accounts/${path}`, { ...by, ...(data && { json: { data } }) });
    const dataOf = (answer: Answer) => (answer.json as { data: Readonly<Record<string, string>> }).data;
    const { id } = dataOf(await ask2(201, 'PUT', 'root', { name: 'acme', realm: 'acme.example' }));
    await ask2(409, 'PUT', 'root', { name: 'Acme' });
    const branch = dataOf(await ask2(201, 'PUT', `${id}`, { name: 'a branch' }))['id'];
    await ask2(409, 'POST', `${id}/move`, { to: branch });
    await ask2(200, 'POST', `${branch}/move`, { to: 'root' });
    await ask2(200, 'DELETE', `${branch}`);
    await ask2(200, 'GET', `${id}`);
    await ask2(200, 'PATCH', `${id}`, { realm: null });
    await ask2(200, 'POST', `${id}`, { name: 'acme inc' });
    for (const list of ['children', 'descendants', 'parents', 'users']) await ask2(200, 'GET', `${id}/${list}`);
    const carol = { username: 'carol', password: 'carol at the office' };
    const [wrong, later] = ['carol in the kitchen', 'carol on the roof'];
    keep('password', 0, carol.password, wrong, later);
    const made = dataOf(await ask2(201, 'PUT', `${id}/users`, { ...carol, email: 'carol@example.org' }));
    const own = `${id}/users/${made['id']}`;
    const logIn = (status: number, data: object) => ask(status, 'PUT', '/v2/user_auth', { json: { data } });
    const there = { account_name: 'ACME inc' };
    await logIn(401, { ...carol, ...there, password: wrong });
    const token = member(await logIn(201, { ...carol, ...there }), 'auth_token');
    keep('auth_token', 1, token);
    const { secret } = (await ask(200, 'PUT', '/mfa/totp/request', { bearer: token, json: {} })).json as {
      secret: string;
    };
    keep('seed', 1, secret);
    await ask(200, 'PUT', '/mfa/totp/verify', { bearer: token, json: { mfa_code: server.code({ seed: secret }) } });
    clock.tick(30 * second);
    await logIn(401, { ...carol, ...there });
    const multi_factor_response = server.code({ seed: secret });
    await logIn(401, { ...carol, ...there, multi_factor_response: server.wrongCode({ seed: secret }) });
    keep('auth_token', 1, member(await logIn(201, { ...carol, ...there, multi_factor_response }), 'auth_token'));
    for (const about of ['security', 'multi_factor']) {
      const attempts = await ask2(200, 'GET', `${id}/${about}/attempts`);
      const [newest] = (attempts.json as { data: readonly { id: string }[] }).data;
      await ask2(200, 'GET', `${id}/${about}/attempts/${newest?.id}`);
    }
    await ask(200, 'GET', '/v2/security', by);
    const said = { auth_modules: { user_auth: { multi_factor: { enabled: true, include_subaccounts: true } } } };
    await ask2(200, 'POST', `${id}/security/preview`, said);
    await ask2(200, 'POST', `${id}/security`, said);
    await ask2(200, 'PATCH', `${id}/security`, { auth_modules: { user_auth: { multi_factor: { enabled: false } } } });
    await ask2(200, 'GET', `${id}/security`);
    await ask2(200, 'GET', `${id}/security/explain?user=carol`);
    await ask2(200, 'DELETE', `${id}/security`);
    await providers(`accounts/${id}/multi_factor`, 'multi_factor');
    await ask2(200, 'GET', own);
    await ask2(200, 'PATCH', own, { password: later });
    await ask2(200, 'POST', own, { username: 'caroline' });
    await ask2(409, 'DELETE', `${id}`);
    await ask2(200, 'DELETE', own);
    await ask2(200, 'DELETE', `${id}`);
  }

  /** A Duo of an account's own, and one of the system's. */
  async function providers(own: string, system: string): Promise<void> {
    const ask2 = (status: number, method: string, path: string, data?: object) =>
      ask(status, method, `/v2/${path}`, { bearer: admin.token, ...(data && { json: { data } }) });
    const keys = (letter: string) => {
      const made = {
        secret_key: `secret-${letter}`.padEnd(40, letter),
        own: `application-${letter}`.padEnd(40, letter),
      };
      keep('provider key', 1, made.secret_key, made.own);
      return { secret_key: made.secret_key, application_secret_key: made.own };
    };
    const common = { integration_key: 'DIXXXXXXXXXXXXXXXXXX', api_hostname: 'api-00000000.duosecurity.com' };
    const duo = { provider_name: 'duo', provider_type: 'multi_factor', enabled: true };
    const bad = 'half a secret key';
    keep('provider key', 0, bad);
    await ask2(400, 'PUT', own, { ...duo, settings: { ...common, secret_key: bad } });
    const made = await ask2(201, 'PUT', own, { ...duo, settings: { ...common, ...keys('a') } });
    const { id } = (made.json as { data: { id: string } }).data;
    await ask2(201, 'PUT', system, { ...duo, settings: { ...common, ...keys('b') } });
    for (const [list, one] of [
      [own, `${own}/${id}`],
      [system, `${system}/duo`],
    ] as const) {
      await ask2(200, 'GET', list);
      const { data } = (await ask2(200, 'GET', one)).json as { data: object };
      await ask2(200, 'POST', one, data);
      await ask2(400, 'PATCH', one, { settings: { secret_key: null } });
      await ask2(200, 'PATCH', one, { settings: keys(list === own ? 'c' : 'd') });
      await ask2(200, 'PATCH', one, { enabled: false });
    }
    await ask2(200, 'DELETE', `${own}/${id}`);
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
