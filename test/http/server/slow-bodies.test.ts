/** A request whose body arrives slowly is judged again when it is complete: its caller may have lost their rights. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { second } from '../../../src/base/clock.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { startServer, url, type Server } from '../../../kit/server.ts';

/** Sends a body in two halves, two seconds apart. */
async function sendSlowly(server: Server, path: string, { token, json, between }: Slow) {
  const text = new TextEncoder().encode(JSON.stringify(json));
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(text.slice(0, 1));
      await between();
      server.clock.tick(2 * second);
      controller.enqueue(text.slice(1));
      controller.close();
    },
  });
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const method = path.startsWith('/v2/') ? 'PUT' : 'POST';
  return server.countersign.fetch(new Request(url + path, { method, headers, body, duplex: 'half' }));
}

type Slow = { readonly token: string; readonly json: object; readonly between: () => Promise<unknown> };

const requests: readonly (readonly [path: string, json: object])[] = [
  ['/v2/accounts/root/users', { data: { username: 'eve', password: 'the secret of eve', roles: ['admin'] } }],
  ['/oauth2/clients', { name: 'app', grant_types: ['password'], scopes: ['manage'] }],
];

onEachDatabase('slow bodies', (on) => {
  for (const [what, change] of [
    ['disabled', { enabled: false }],
    ['demoted', { roles: ['user'] }],
    ['given another password', { password: 'another secret of theirs' }],
  ] as const)
    test(`an administrator who is ${what} in the meantime writes nothing`, async () => {
      await using server = await startServer({ on });
      const { token: bearer } = server.admin;
      for (const [path, json] of requests) {
        const data = { username: `boss ${path}`, password: 'the secret of a boss', roles: ['admin'] };
        const made = await server.call('PUT', '/v2/accounts/root/users', { bearer, json: { data } });
        const { id } = (made.json as { data: { id: string } }).data;
        const token = await server.logIn({ name: data.username, password: data.password });
        const between = async () => {
          const call = { bearer, json: { data: change } };
          assert.equal((await server.call('PATCH', `/v2/accounts/root/users/${id}`, call)).status, 200);
        };
        const answer = await sendSlowly(server, path, { token, json, between });
        assert.ok([401, 403, 404].includes(answer.status), `${path} ${answer.status} ${await answer.text()}`);
      }
    });

  test('a session that has ended in the meantime writes nothing, and another goes on', async () => {
    await using server = await startServer({ on });
    for (const [path, json] of requests) {
      const token = await server.logIn(server.admin);
      const ending = () => server.call('DELETE', '/sessions/current', { bearer: token });
      assert.equal((await sendSlowly(server, path, { token, json, between: ending })).status, 401);
      const slow = { token: server.admin.token, json, between: async () => undefined };
      assert.equal((await sendSlowly(server, path, slow)).status, 201);
    }
  });
});
