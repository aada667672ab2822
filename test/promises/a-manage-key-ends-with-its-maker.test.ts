/**
 * A key with `manage` ends for good when its maker or its user is removed, disabled or demoted, when their password is reset, and in time.
 * From then on it is answered like a wrong one, and what its sessions still do is refused, also work that had begun before.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, hour } from '../../src/base/clock.ts';
import { operator, requestContext } from '../../src/engine/context.ts';
import { overridePassword } from '../../src/engine/operations.ts';
import { door, tenant } from '../http/doors/crossbar/door.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { assertSaid, member, startServer, type Person, type Server } from '../../kit/server.ts';
import { unwrap } from '../../kit/test-engine.ts';
import { addAdministrator, doorsOfKeys, logInWith, makeManageKey, tryKey, type Key } from './manage-keys.ts';
import { assertAlike } from './outsiders.ts';

type Ended = (server: Server, boss: Person) => Promise<unknown>;

const change = (server: Server, { uid }: Person, changes: object) =>
  door(server)(200, 'PATCH', `accounts/root/users/${uid}`, changes);

/** The changes that end a key, and those that would bring its user and maker back. */
const endings: Readonly<Record<string, readonly [end: Ended, back: Ended]>> = {
  'is disabled': [
    (server, boss) => change(server, boss, { enabled: false }),
    (server, boss) => change(server, boss, { enabled: true }),
  ],
  'is no administrator any more': [
    (server, boss) => change(server, boss, { roles: ['user'] }),
    (server, boss) => change(server, boss, { roles: ['admin'] }),
  ],
  'has their password reset by an administrator': [
    (server, boss) => change(server, boss, { password: 'a new password for them' }),
    async () => {},
  ],
  'has their password reset by the operator': [
    async (server, { name }) => {
      const ctx = requestContext(server.countersign.context, operator);
      unwrap(await overridePassword(ctx, { login: name }, 'a new password for them'));
    },
    async () => {},
  ],
};

/** The key is answered like one that nobody has, and none of its sessions goes on. */
async function assertEnded(server: Server, key: Key, sessions: readonly string[]): Promise<void> {
  const secret = `csk_${'A'.repeat(43)}`;
  assertAlike({ unknown: await tryKey(server, { ...key, secret }), ended: await tryKey(server, key) });
  for (const bearer of sessions) {
    assertSaid(await server.call('GET', '/users', { bearer }), '401 invalid_token');
    assertSaid(await server.call('POST', '/users', { bearer, json: { name: 'eve' } }), '401 invalid_token');
  }
}

/** Two administrators: `boss`, and `peer`, for whom boss has made a key too. */
async function scene(server: Server) {
  const [boss, peer] = [await addAdministrator(server, 'boss'), await addAdministrator(server, 'peer')];
  const keys = [await makeManageKey(server, boss), await makeManageKey(server, boss, { owner: peer })];
  const sessions: string[] = [];
  for (const key of keys) for (const logIn of Object.values(doorsOfKeys)) sessions.push(await logIn(server, key));
  for (const bearer of sessions) assert.equal((await server.call('GET', '/users', { bearer })).status, 200);
  return { boss, peer, keys, sessions };
}

onEachDatabase('a key with manage', (on) => {
  for (const [what, [end, back]] of Object.entries(endings)) {
    test(`ends for good when its maker ${what}, whosever key it is`, async () => {
      await using server = await startServer({ on });
      const { boss, keys, sessions } = await scene(server);
      await end(server, boss);
      for (const key of keys) await assertEnded(server, key, sessions);
      await back(server, boss);
      server.clock.tick(hour / 2);
      for (const key of keys) await assertEnded(server, key, sessions);
    });

    test(`ends for good when its user ${what}`, async () => {
      await using server = await startServer({ on });
      const { peer, keys, sessions } = await scene(server);
      await end(server, peer);
      const [own, made] = [keys[0] ?? assert.fail(), keys[1] ?? assert.fail()];
      await assertEnded(server, made, sessions.slice(Object.keys(doorsOfKeys).length));
      await back(server, peer);
      await assertEnded(server, made, sessions.slice(Object.keys(doorsOfKeys).length));
      assert.equal((await tryKey(server, own)).status, 200);
    });
  }

  test('ends when its maker is removed', async () => {
    await using server = await startServer({ on });
    const { boss, keys, sessions } = await scene(server);
    await door(server)(200, 'DELETE', `accounts/root/users/${boss.uid}`);
    for (const key of keys) await assertEnded(server, key, sessions);
  });

  test('ends for good when the account of its maker, or one above it, is disabled', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const below = await tenant(server, acme.id, 'below');
    for (const closed of [below.id, acme.id]) {
      const login = { basic: [below.username, below.password] as const };
      const token = member(await server.call('GET', `/auth/password?account=${below.id}`, login), 'token');
      const key = await makeManageKey(server, { name: below.username, token });
      const bearer = await logInWith(server, key, below.id);
      for (const enabled of [false, true]) {
        await door(server)(200, 'PATCH', `accounts/${closed}`, { enabled });
        assert.equal((await tryKey(server, key, below.id)).status, 401);
        assertSaid(await server.call('GET', '/users', { bearer }), '401 invalid_token');
      }
    }
  });

  test('is void against the present rows, also where nothing has deleted it', async () => {
    await using server = await startServer({ on });
    const { boss, keys, sessions } = await scene(server);
    // A node of the last version demotes without ending keys.
    const { db } = server.countersign.context.store;
    await db.updateTable('users').set({ roles: '["user"]' }).where('id', '=', boss.uid).execute();
    for (const key of keys) await assertEnded(server, key, sessions);
  });

  test('ends after 90 days unless its maker says otherwise, for its sessions too, and is then listed no more', async () => {
    await using server = await startServer({ on });
    const { admin, clock } = server;
    const end = new Date(clock.now() + hour / 2).toISOString();
    for (const [given, life] of [
      [{ expires_at: end }, hour / 2],
      [{}, 90 * day],
    ] as const) {
      const maker = { ...admin, token: await server.logIn(admin) };
      const key = await makeManageKey(server, maker, given);
      const { expires_at, scope } = key.answer.json as { expires_at: string; scope: string };
      assert.deepEqual([expires_at, scope], [new Date(clock.now() + life).toISOString(), 'manage']);
      clock.tick(life - 1000);
      const bearer = await logInWith(server, key);
      const listed = () => server.call('GET', `/users/me/secrets/${key.uid}`, { bearer: fresh });
      const fresh = await server.logIn(admin);
      const { secret: _once, token: _next, ...shown } = key.answer.json as Record<string, unknown>;
      assert.deepEqual((await listed()).json, shown);
      clock.tick(1000);
      await assertEnded(server, key, [bearer]);
      assertSaid(await listed(), '404 not_found');
    }
    clock.tick(2 * hour);
    await server.countersign.maintain();
    const left = await server.countersign.context.store.db
      .selectFrom('authenticators')
      .select('id')
      .where('scope', 'is not', null)
      .execute();
    assert.deepEqual(left, []);
  });

  test('ends while a write of its session waits, and that write changes nothing', async () => {
    await using server = await startServer({ on });
    const boss = await addAdministrator(server, 'boss');
    const bearer = await logInWith(server, await makeManageKey(server, boss));
    const { promise: read, resolve: begun } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const json = new TextEncoder().encode(JSON.stringify({ name: 'eve', password: 'eve has this password' }));
    const body = new ReadableStream(
      {
        async pull(controller) {
          // The session is known by now, because a body is read only then.
          begun();
          await released;
          controller.enqueue(json);
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { 'Content-Type': 'application/json' };
    const waiting = server.call('POST', '/users', { bearer, body, headers });
    await read;
    await change(server, boss, { roles: ['user'] });
    release();
    assertSaid(await waiting, '401 invalid_token');
    assertSaid(
      await server.call('GET', '/auth/password', { basic: ['eve', 'eve has this password'] }),
      '401 invalid_credentials',
    );
  });
});
