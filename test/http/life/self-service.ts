import assert from 'node:assert/strict';
import { second } from '../../../src/base/clock.ts';
import { member, type Call } from '../../../kit/server.ts';
import { notYet, requestOthers } from '../other-seconds.ts';
import type { Life } from './begin.ts';

/** Somebody else, at the door that speaks for Deux. */
export async function selfService(life: Life): Promise<void> {
  const { server, ask, keep } = life;
  const { admin, clock } = server;
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
  for (const name of notYet) await ask(501, 'PUT', name.replace('PUT ', ''), his);
  for (const [kind, { right, wrong }] of Object.entries(await requestOthers(server, his))) {
    await ask(400, 'PUT', `/mfa/${kind}/verify`, { ...his, json: { mfa_code: wrong } });
    await ask(200, 'PUT', `/mfa/${kind}/verify`, { ...his, json: { mfa_code: right } });
  }
  const asked = server.sent.length;
  await ask(200, 'POST', '/mfa/authtoken/login', { json: login });
  const sent = server.sent[asked] ?? assert.fail('no code was sent');
  await ask(400, 'POST', '/mfa/authtoken/login', { json: { ...login, mfa_code: 'x' } });
  const fresh = { bearer: await logIn('POST', { mfa_code: sent.code }) };
  await ask(200, 'GET', '/mfa/', fresh);
  const backup = member(await ask(200, 'GET', '/mfa/recovery/', fresh), 'backup_code');
  await ask(400, 'POST', '/mfa/authtoken/login', { json: { ...login, mfa_code: '123456', backup_code: backup } });
  await stepUp(life, fresh);
  await ask(204, 'DELETE', '/mfa/', fresh);
  await ask(400, 'DELETE', '/mfa/', fresh);
}

/** A session proves its phone once more. */
async function stepUp({ server, ask }: Life, by: Call): Promise<void> {
  server.clock.tick(30 * second);
  const path = `/challenges/${member(await ask(201, 'POST', '/challenges', { ...by, json: {} }), 'id')}`;
  await ask(200, 'GET', path, by);
  const sent = server.sent.length;
  await ask(202, 'POST', `${path}/send`, { ...by, json: {} });
  const { code } = server.sent[sent] ?? assert.fail('no code was sent');
  await ask(200, 'POST', `${path}/verify`, { ...by, json: { code } });
  await ask(204, 'GET', '/forward-auth?acr_values=aal2&max_age=60', by);
}
