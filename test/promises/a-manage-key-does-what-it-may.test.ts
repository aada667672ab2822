/**
 * The session of a key with `manage` manages users who administer nothing, child accounts and providers, without fresh proof, and nothing
 * else. An administrator's key without `manage` reads and changes nothing of others. Every administrative route of the table is walked.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import type { Route } from '../../src/http/route.ts';
import { nameOf } from '../http/catalogue.ts';
import { dataOf, door, listOf, tenant } from '../http/doors/crossbar/door.ts';
import { ada, goodRequests, send as sendGood } from '../http/good-requests.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { assertSaid, member, startServer, type Answer, type Server } from '../../kit/server.ts';
import { administrativeWrites, data, send, type Write } from './administrative-writes.ts';
import { addAdministrator, doorsOfKeys, logInWith, makeManageKey } from './manage-keys.ts';

/** The routes that a key with `manage` may use. Every other administrative route is closed to it. */
const open = [
  'GET /users',
  'POST /users',
  'GET /users/{uid}',
  'PATCH /users/{uid}',
  'DELETE /users/{uid}',
  'GET /users/{uid}/sessions',
  'DELETE /users/{uid}/sessions',
  'DELETE /users/{uid}/sessions/{sid}',
  'GET /users/{uid}/secrets',
  'GET /users/{uid}/secrets/count',
  'GET /users/{uid}/secrets/{secretId}',
  'DELETE /users/{uid}/secrets/{secretId}',
  'GET /v2/accounts/{id}',
  'PUT /v2/accounts/{id}',
  'POST /v2/accounts/{id}',
  'PATCH /v2/accounts/{id}',
  'DELETE /v2/accounts/{id}',
  'GET /v2/accounts/{id}/children',
  'GET /v2/accounts/{id}/descendants',
  'GET /v2/accounts/{id}/parents',
  'GET /v2/accounts/{id}/users',
  'PUT /v2/accounts/{id}/users',
  'GET /v2/accounts/{id}/users/{userId}',
  'POST /v2/accounts/{id}/users/{userId}',
  'PATCH /v2/accounts/{id}/users/{userId}',
  'DELETE /v2/accounts/{id}/users/{userId}',
  'GET /v2/accounts/{id}/multi_factor',
  'PUT /v2/accounts/{id}/multi_factor',
  'GET /v2/accounts/{id}/multi_factor/{configId}',
  'POST /v2/accounts/{id}/multi_factor/{configId}',
  'PATCH /v2/accounts/{id}/multi_factor/{configId}',
  'DELETE /v2/accounts/{id}/multi_factor/{configId}',
];

const scopeForOthers = ({ scope }: Route) => (typeof scope === 'object' ? scope.others : scope);

/** The routes by which an administrator reads or changes what belongs to others. */
const administrative = ({ countersign }: Server) =>
  countersign.routes.filter(
    (route) => scopeForOthers(route) === 'manage' || (route.administers ?? 'never') !== 'never',
  );

const unattended = '403 unattended_credential';

/** A session of an OAuth2 client is also refused where no client may come. */
function assertRefused(answer: Answer, about = answer.asked): void {
  const { code, message } = answer.json as { code?: string; message?: string };
  assert.equal(answer.status, 403, `${about} ${answer.text}`);
  assert.ok(['unattended_credential', 'insufficient_scope'].includes(code ?? message ?? ''), `${about} ${answer.text}`);
}

/** Some work by which nothing but the log changes. */
async function changingNothing(server: Server, work: () => Promise<void>): Promise<void> {
  const { attempts: _log, ...before } = await server.rows();
  await work();
  const { attempts: _same, ...after } = await server.rows();
  assert.deepEqual(after, before);
}

/** Writes without roles, in addition to those of the walk. */
async function plainWrites(server: Server): Promise<readonly Write[]> {
  const users = '/v2/accounts/root/users';
  const bob = dataOf(await door(server)(201, 'PUT', 'accounts/root/users', { username: 'bart' }));
  return [
    { route: 'PUT /v2/accounts/{id}/users', path: users, json: data({ username: 'newcomer', roles: ['user'] }) },
    {
      route: 'POST /v2/accounts/{id}/users/{userId}',
      path: `${users}/${String(bob['id'])}`,
      json: data({ username: 'bart', enabled: false }),
    },
  ];
}

const provider = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };

onEachDatabase('a key with manage', (on) => {
  for (const [name, logIn] of Object.entries(doorsOfKeys))
    test(`that logs in at ${name} makes the writes that are open to it an hour later, and no other`, async () => {
      await using server = await startServer({ on });
      const writes = [...(await plainWrites(server)), ...(await administrativeWrites(server))];
      const bearer = await logIn(server, await makeManageKey(server, server.admin));
      server.clock.tick(59 * minute);
      const granted = new Set<string>();
      for (const write of writes) {
        const answer = await send(server, write, bearer);
        const givesRole = JSON.stringify(write.json ?? {}).includes('"admin"');
        if (open.includes(write.route) && !givesRole) {
          assert.ok(answer.status < 300, `${answer.asked} ${answer.text}`);
          granted.add(write.route);
        } else assertRefused(answer);
      }
      const wanted = open.filter((route) => !route.startsWith('GET '));
      assert.deepEqual([...granted].toSorted(), wanted.toSorted());
    });

  test('is refused at every administrative route that is not open to it, and changes nothing there', async () => {
    await using server = await startServer({ on });
    const routes = administrative(server);
    assert.deepEqual(
      routes
        .filter(({ openToKeys }) => openToKeys)
        .map(nameOf)
        .toSorted(),
      open.toSorted(),
    );
    const cast = await ada(server);
    const bearer = await logInWith(server, await makeManageKey(server, server.admin));
    await changingNothing(server, async () => {
      for (const good of goodRequests(
        routes.filter(({ openToKeys }) => !openToKeys),
        cast,
      ))
        assertSaid(await sendGood(server, good, { bearer }), unattended, good.name);
    });
  });

  test('without it is refused at every administrative route, reading or writing, and changes nothing', async () => {
    await using server = await startServer({ on });
    const cast = await ada(server);
    const { token: bearer, name } = server.admin;
    const made = await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } });
    for (const logIn of Object.values(doorsOfKeys)) {
      const token = await logIn(server, { uid: '', name, secret: member(made, 'secret'), answer: made });
      await changingNothing(server, async () => {
        for (const good of goodRequests(administrative(server), cast))
          assertRefused(await sendGood(server, good, { bearer: token }), good.name);
      });
      assert.equal((await server.call('GET', '/users/me', { bearer: token })).status, 200);
    }
  });

  test('reads users who administer nothing, without their keys, and accounts and providers of its tree', async () => {
    await using server = await startServer({ on });
    const [dan, boss] = [await server.addPerson('dan'), await addAdministrator(server, 'boss')];
    const app = await server.addApp(dan);
    const acme = await tenant(server, 'root', 'acme');
    await server.call('POST', '/users/me/secrets', { bearer: dan.token, json: { type: 'apikey' } });
    const bearer = await logInWith(server, await makeManageKey(server, server.admin));
    const read = (path: string) => server.call('GET', path, { bearer });
    const names = ((await read('/users')).json as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(names, ['dan']);
    const secrets = (await read(`/users/${dan.uid}/secrets`)).json as { uid: string; type: string }[];
    assert.deepEqual(secrets.map(({ type }) => type).toSorted(), ['mfa', 'password']);
    assert.deepEqual((await read(`/users/${dan.uid}/secrets/count`)).json, { count: 2 });
    assert.equal((await read(`/users/${dan.uid}/secrets/${app.secretId}`)).status, 200);
    for (const path of ['', '/secrets', '/secrets/count'])
      assertSaid(await read(`/users/${boss.uid}${path}`), unattended);
    assert.equal((await read(`/users/${server.admin.uid}`)).status, 200);
    assert.deepEqual(
      ((await read('/users/me/secrets')).json as { type: string }[]).map(({ type }) => type),
      ['password'],
    );

    const ask = door(server, bearer);
    assert.deepEqual(
      listOf(await ask(200, 'GET', 'accounts/root/users')).map(({ username }) => username),
      ['dan'],
    );
    assert.deepEqual(listOf(await ask(200, 'GET', `accounts/${acme.id}/users`)), []);
    await ask(200, 'GET', `accounts/root/users/${dan.uid}`);
    await ask(403, 'GET', `accounts/root/users/${boss.uid}`);
    await ask(403, 'GET', `accounts/${acme.id}/users/${acme.uid}`);
    for (const path of ['', '/children', '/descendants', '/parents', '/multi_factor'])
      await ask(200, 'GET', `accounts/${acme.id}${path}`);
  });

  test('of a tenant reaches its own tree only, and neither changes nor removes its own account', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const [below, other] = [await tenant(server, acme.id, 'below'), await tenant(server, 'root', 'other')];
    const key = await makeManageKey(server, { name: acme.username, token: acme.token });
    const ask = door(server, await logInWith(server, key, acme.id));
    await ask(201, 'PUT', `accounts/${acme.id}`, { name: 'a child' });
    await ask(201, 'PUT', `accounts/${below.id}/users`, { username: 'carol' });
    await ask(200, 'PATCH', `accounts/${below.id}`, { name: 'another name' });
    for (const id of [other.id, 'root']) {
      await ask(404, 'GET', `accounts/${id}`);
      await ask(404, 'PUT', `accounts/${id}/users`, { username: 'carol' });
      await ask(404, 'PUT', `accounts/${id}/multi_factor`, provider);
    }
    await changingNothing(server, async () => {
      await ask(403, 'PATCH', `accounts/${acme.id}`, { name: 'acme two' });
      await ask(403, 'PATCH', `accounts/${acme.id}`, { enabled: false });
      await ask(403, 'DELETE', `accounts/${acme.id}`);
    });
  });
});
