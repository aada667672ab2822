/** The address and user agent of the end user, from a program that embeds the library. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../kit/databases.ts';
import { basic, startServer, url, type Server } from '../kit/server.ts';

const client = { ip: '203.0.113.9', userAgent: 'a browser' };

const newest = async ({ countersign }: Server, action: string) =>
  countersign.context.store.db
    .selectFrom('attempts')
    .select(['client_ip as ip', 'user_agent as userAgent'])
    .where('action', '=', action)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();

onEachDatabase('the client that an embedding program names', (on) => {
  test('is in the audit log and in the session of a login', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const login = { username: ada.name, password: ada.password };
    const entered = await server.countersign.as(undefined, { client }).sessions.logIn(login);
    assert.ok(entered.ok && 'token' in entered.value);
    const { token } = entered.value;
    const listed = await server.countersign.as(token).sessions.list();
    assert.ok(listed.ok);
    const own = listed.value.find(({ current }) => current);
    assert.deepEqual({ ip: own?.client_ip, userAgent: own?.user_agent }, client);
    assert.deepEqual(await newest(server, 'login'), client);
    assert.ok((await server.countersign.as(token, { client: { ip: '2001:db8::1' } }).sessions.end()).ok);
    assert.deepEqual(await newest(server, 'session.end'), { ip: '2001:db8::1', userAgent: null });
  });

  test("is in the audit log of a service's challenges, and the service itself has none", async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const app = await server.addApp(ada);
    const shop = await server.countersign.service('shop');
    const { challenges } = shop.withClient(client);
    for (const [by, expected] of [
      [challenges, client],
      [shop.challenges, { ip: null, userAgent: null }],
    ] as const) {
      const asked = await by.create({ user: { uid: ada.uid } });
      assert.ok(asked.ok && 'id' in asked.value);
      const verified = await by.verify(asked.value.id, { code: server.wrongCode(app) });
      assert.equal(verified.ok, false);
      assert.deepEqual(await newest(server, 'answer'), expected);
    }
  });

  test('of a mounted request replaces the address of the socket, also behind a proxy', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const headers = { Authorization: basic(ada.name, ada.password), 'X-Forwarded-For': '198.51.100.1' };
    const asked = () =>
      new Request(`${url}/auth/password`, { method: 'POST', headers: { ...headers, 'User-Agent': 'b' } });
    const incoming = { socket: { remoteAddress: '127.0.0.1' } };
    assert.equal((await server.countersign.fetch(asked(), { incoming, client })).status, 200);
    assert.deepEqual(await newest(server, 'login'), client);
    assert.equal((await server.countersign.fetch(asked(), { incoming, client: { ip: client.ip } })).status, 200);
    assert.deepEqual(await newest(server, 'login'), { ...client, userAgent: 'b' });
  });

  test('is an address, and a user agent that fits the database', async () => {
    await using server = await startServer({ on });
    const { countersign } = server;
    for (const ip of ['localhost', '', '203.0.113.9:80', '1.2.3', '203.0.113.9, 10.0.0.1', '\0']) {
      assert.throws(() => countersign.as(undefined, { client: { ip } }), TypeError);
      await assert.rejects(countersign.fetch(new Request(`${url}/`), { client: { ip } }), TypeError);
    }
    const login = { username: 'nobody', password: 'something' };
    const userAgent = `a\0b${'c'.repeat(1000)}`;
    const refused = await countersign.as(undefined, { client: { ip: client.ip, userAgent } }).sessions.logIn(login);
    assert.equal(refused.ok, false);
    assert.deepEqual(await newest(server, 'login'), { ip: client.ip, userAgent: `ab${'c'.repeat(510)}` });
  });
});
