/**
 * A user without a second factor may send their password with a request that needs fresh proof. It counts for that request, and a wrong one
 * counts as a wrong password.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { minute } from '../../src/base/clock.ts';
import { takesCurrentPassword } from '../../src/http/route.ts';
import { takeCurrentPassword } from '../../src/http/current-password.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { member, startServer, type Person, type Server } from '../../kit/server.ts';

type OwnChange = { readonly method: string; readonly path: string; readonly json: object };

/** One change of oneself at each door, and one without other members. */
async function ownChanges(server: Server, { token: bearer }: Person): Promise<readonly OwnChange[]> {
  const made = await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } });
  return [
    { method: 'PATCH', path: '/users/me', json: { email: 'ada@example.org' } },
    { method: 'POST', path: '/users/me/secrets', json: { type: 'apikey' } },
    { method: 'DELETE', path: `/users/me/secrets/${member(made, 'uid')}`, json: {} },
    { method: 'PUT', path: '/mfa/totp/request', json: {} },
  ];
}

onEachDatabase('the password in a request', (on) => {
  test('proves that request and no other', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const changes = await ownChanges(server, ada);
    server.clock.tick(15 * minute + 1);
    for (const [at, { method, path, json }] of changes.entries()) {
      const refused = await server.call(method, path, { bearer: ada.token, json });
      assert.equal(refused.status, 401, `${refused.asked} ${refused.text}`);
      const name = at % 2 === 0 ? 'current_password' : 'currentPassword';
      const proven = { ...json, [name]: ada.password };
      const granted = await server.call(method, path, { bearer: ada.token, json: proven });
      assert.ok(granted.status < 300, `${granted.asked} ${granted.status} ${granted.text}`);
    }
  });

  test('counts as a wrong password if it is wrong, and changes nothing', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const changes = await ownChanges(server, ada);
    server.clock.tick(15 * minute + 1);
    const { attempts: _log, throttles: _counts, ...before } = await server.rows();
    for (const { method, path, json } of [...changes, ...changes].slice(0, 5)) {
      const answer = await server.call(method, path, {
        bearer: ada.token,
        json: { ...json, current_password: 'a wrong guess' },
      });
      assert.equal(answer.status, 400, `${answer.asked} ${answer.text}`);
    }
    const { attempts = [], throttles = [], ...after } = await server.rows();
    assert.deepEqual(after, before);
    // Not as an attempt with a second factor.
    assert.equal(
      attempts.filter((row) => row.includes('"login"') && row.includes('"wrong_current_password"')).length,
      5,
    );
    assert.match(throttles.join(), /"password"/);
    const json = { type: 'apikey', current_password: ada.password };
    const early = await server.call('POST', '/users/me/secrets', { bearer: ada.token, json });
    assert.equal(early.status, 429, early.text);
  });

  test('is no proof for a user with a second factor', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    await server.addApp(ada);
    server.clock.tick(15 * minute + 1);
    const json = { type: 'apikey', current_password: ada.password };
    const answer = await server.call('POST', '/users/me/secrets', { bearer: ada.token, json });
    assert.equal(answer.status, 401, answer.text);
    assert.match(String(answer.headers.get('www-authenticate')), /acr_values="aal2"/);
  });

  test('is no proof for the session of an apikey', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const made = await server.call('POST', '/users/me/secrets', { bearer: ada.token, json: { type: 'apikey' } });
    const login = await server.call('GET', '/auth/password', { basic: [ada.name, member(made, 'secret')] });
    const json = { type: 'apikey', current_password: ada.password };
    const answer = await server.call('POST', '/users/me/secrets', { bearer: member(login, 'token'), json });
    assert.equal(answer.status, 403, answer.text);
  });

  test('is not asked of a client that sends another body, or none, with a request that needs none', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    for (const [type, body] of [
      ['application/json', 'null'],
      ['application/json', '[]'],
      ['application/json', ''],
      ['application/json', '{"current_password": 1}'],
      ['application/json', '{'],
      ['text/plain', 'goodbye'],
    ] as const) {
      const made = await server.call('POST', '/users/me/secrets', { bearer: ada.token, json: { type: 'apikey' } });
      const removed = await server.call('DELETE', `/users/me/secrets/${member(made, 'uid')}`, {
        bearer: ada.token,
        headers: { 'content-type': type },
        body,
      });
      assert.equal(removed.status, 204, `${type} ${body}: ${removed.text}`);
    }
  });

  test('has no place at `/v2` outside of `data`', async () => {
    await using server = await startServer({ on });
    server.clock.tick(15 * minute + 1);
    const json = { data: { name: 'acme' }, current_password: server.admin.password };
    const answer = await server.call('PUT', '/v2/accounts/root', { bearer: server.admin.token, json });
    assert.equal(answer.status, 400, answer.text);
  });
});

test('every body of a request that needs fresh proof has a place for the password, and handlers do not see it', async () => {
  await using server = await startServer();
  const routes = server.countersign.routes.filter(takesCurrentPassword);
  assert.ok(routes.length > 30);
  for (const { method, path, body } of routes) {
    const text = JSON.stringify(body && z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }));
    assert.match(text, /"current_password":.*"currentPassword":/, `${method} ${path}`);
  }
  const shown = { data: { name: 'acme', current_password: 'a password' } };
  assert.deepEqual(takeCurrentPassword(shown), { rest: { data: { name: 'acme' } }, currentPassword: 'a password' });
});
