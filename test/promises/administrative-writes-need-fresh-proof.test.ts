/**
 * An administrative write takes a person's session with fresh proof, at every route (every-caller-at-every-route.test.ts).
 * Neither a stolen key nor a new factor gets around it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { door, tenant } from '../http/doors/crossbar/door.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { member, startServer, type Person, type Server } from '../../kit/server.ts';

const data = (inside: object) => ({ data: inside });

/** A session that a person's key opens. */
async function unattended(server: Server, { name, token: bearer }: Person): Promise<string> {
  const made = await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } });
  return member(await server.call('GET', '/auth/password', { basic: [name, member(made, 'secret')] }), 'token');
}

const withoutFactor = 'Bearer error="insufficient_user_authentication", max_age="900"';

onEachDatabase('an administrative write', (on) => {
  test('of one stolen apikey makes no administrator, and so takes over nobody', async () => {
    await using server = await startServer({ on });
    const app = await server.addApp(server.admin);
    const bearer = await unattended(server, server.admin);
    const eve = { username: 'eve', password: 'eve has this password', roles: ['admin'] };
    const made = await server.call('PUT', '/v2/accounts/root/users', { bearer, json: data(eve) });
    assert.equal(made.status, 403, made.text);
    const login = { username: 'eve', password: eve.password };
    assert.equal((await server.call('POST', '/mfa/authtoken/login', { json: login })).status, 400);
    const removed = await server.call('DELETE', `/users/${server.admin.uid}/secrets/${app.secretId}`, { bearer });
    assert.ok([401, 403].includes(removed.status), removed.text);
  });

  test('is not had by a session that is too old and enrolls a factor to be fresh again', async () => {
    await using server = await startServer({ on });
    const bearer = server.admin.token;
    const begun = await server.call('PUT', '/mfa/totp/request', { bearer, json: {} });
    assert.equal(begun.status, 200, begun.text);
    server.clock.tick(9 * minute);
    const { secret: seed } = begun.json as { secret: string };
    const confirm = () => server.call('PUT', '/mfa/totp/verify', { bearer, json: { mfa_code: server.code({ seed }) } });
    server.clock.tick(6 * minute + 1);
    const old = [
      await server.call('PUT', '/mfa/totp/request', { bearer, json: {} }),
      await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'mfa' } }),
      await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } }),
      await server.call('PATCH', '/users/me', { bearer, json: { email: 'thief@example.org' } }),
      await confirm(),
    ];
    for (const answer of old) {
      assert.equal(answer.status, 401, `${answer.asked} ${answer.text}`);
      assert.equal(answer.headers.get('www-authenticate'), withoutFactor, answer.asked);
    }
    assert.equal((await server.call('POST', '/users', { bearer, json: { name: 'eve' } })).status, 401);
    // The present password, in the same request, is as good.
    const json = { type: 'password', secret: 'another password', currentPassword: server.admin.password };
    assert.equal((await server.call('POST', '/users/me/secrets', { bearer, json })).status, 200);
  });

  test("takes fresh proof of a tenant's administrator too, who would lift the tenant's own rule", async () => {
    await using server = await startServer({ on });
    const { id, username: name, token } = await tenant(server, 'root', 'acme');
    const key = await server.call('POST', '/users/me/secrets', { bearer: token, json: { type: 'apikey' } });
    const basic = [name, member(key, 'secret')] as const;
    const machine = member(await server.call('GET', `/auth/password?account=${id}`, { basic }), 'token');
    await door(server, machine)(403, 'DELETE', `accounts/${id}/security`);
    server.clock.tick(15 * minute + 1);
    await door(server, token)(401, 'DELETE', `accounts/${id}/security`);
  });
});
