/** Contract section 5: users of an application with a table of its own, and their second factors, are its service's to keep. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../../../src/base/clock.ts';
import { onEachDatabase, type TestDatabase } from '../../../../kit/databases.ts';
import { member, startServer, type Answer, type Server } from '../../../../kit/server.ts';
import { door, tenant } from '../crossbar/door.ts';
import { addService } from './service.ts';

type Json = Readonly<Record<string, unknown>>;
const json = ({ json: body }: Answer) => body as Json;

type Shop = AsyncDisposable & {
  readonly server: Server;
  readonly serviceId: string;
  readonly key: string;
  readonly ask: (status: number, method: string, path: string, body?: Json) => Promise<Answer>;
  /** Has the user enrol an app, and answers with it. */
  readonly enrol: (path: string) => Promise<{ readonly id: string; readonly seed: string }>;
  /** A challenge that the user of that name has passed. */
  readonly passed: (name: string, seed: string, more?: Json) => Promise<string>;
};

async function shop(on: TestDatabase): Promise<Shop> {
  const server = await startServer({ on });
  const { key, id: serviceId } = await addService(server, 'root', 'shop');
  return { ...keeper(server, key), serviceId, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** What a service does with its users. */
function keeper(server: Server, key: string) {
  async function ask(status: number, method: string, path: string, body?: Json): Promise<Answer> {
    const answer = await server.call(method, path, { bearer: key, ...(body && { json: body }) });
    assert.equal(answer.status, status, `${answer.asked}: ${answer.text}`);
    return answer;
  }
  async function enrol(path: string) {
    const begun = await ask(201, 'POST', `${path}/factors`, { type: 'totp' });
    const [id, seed] = [member(begun, 'id'), member(begun, 'secret')];
    const confirmed = await ask(200, 'POST', `${path}/factors/${id}/confirm`, { code: server.code({ seed }, -1) });
    assert.equal((json(confirmed)['recovery_codes'] as string[]).length, 10);
    return { id, seed };
  }
  async function passed(name: string, seed: string, more: Json = {}) {
    const id = member(await ask(201, 'POST', '/challenges', { user: { name }, ...more }), 'id');
    await ask(200, 'POST', `/challenges/${id}/verify`, { code: server.code({ seed }) });
    server.clock.tick(30 * second);
    return id;
  }
  return { server, key, ask, enrol, passed };
}

onEachDatabase('users of an application', (on) => {
  test('are made by what the application calls them, and changed by saying it again', async () => {
    await using home = await shop(on);
    const made = json(await home.ask(201, 'PUT', '/users/user%2F42', { email: 'ada@example.org', firstName: 'Ada' }));
    assert.deepEqual(
      [made['name'], made['email'], made['firstName'], made['roles']],
      ['user/42', 'ada@example.org', 'Ada', ['user']],
    );
    const again = json(await home.ask(200, 'PUT', '/users/user%2F42', { email: null }));
    assert.deepEqual(again, { ...made, email: null, dateModified: again['dateModified'], version: 1 });
    const rows = await home.server.rows();
    await home.ask(200, 'PUT', '/users/user%2F42', {});
    assert.deepEqual(await home.server.rows(), rows, 'saying the same changes nothing');
  });

  test('are made once, of eight at once', async () => {
    await using home = await shop(on);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => home.server.call('PUT', '/users/42', { bearer: home.key, json: {} })),
    );
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    assert.equal(answers.filter(({ status }) => status === 200).length, 7);
    assert.equal(new Set(answers.map((answer) => member(answer, 'uid'))).size, 1);
  });

  test('have no password, and no way in', async () => {
    await using home = await shop(on);
    const uid = member(await home.ask(201, 'PUT', '/users/42', {}), 'uid');
    for (const name of ['42', uid])
      for (const secret of ['', '42'])
        assert.equal((await home.server.call('GET', '/auth/password', { basic: [name, secret] })).status, 401);
  });

  test('enrol an app through their service, and answer its challenges from then on', async () => {
    await using home = await shop(on);
    const { server, ask } = home;
    const uid = member(await ask(201, 'PUT', '/users/42', { email: 'ada@example.org' }), 'uid');
    assert.deepEqual(json(await ask(200, 'POST', '/challenges', { user: { name: '42' } })), { state: 'not_required' });
    const begun = json(await ask(201, 'POST', '/users/42/factors', { type: 'totp', issuer: 'Shop', label: 'phone' }));
    const { id, secret, otpauth_url, qr, ...rest } = begun;
    assert.deepEqual(rest, { type: 'totp', label: 'phone', state: 'pending' });
    const { pathname, searchParams } = new URL(String(otpauth_url));
    assert.deepEqual(
      [decodeURIComponent(pathname), searchParams.get('secret')],
      ['/Shop:ada@example.org', secret],
      'an app shows the address and not an id',
    );
    assert.match(String(qr), /^data:image\/svg\+xml;base64,/);
    assert.deepEqual(json(await ask(200, 'POST', '/challenges', { user: { name: '42' } })), { state: 'not_required' });
    const seed = String(secret);
    const confirm = `/users/42/factors/${String(id)}/confirm`;
    await ask(401, 'POST', confirm, { code: server.wrongCode({ seed }) });
    const confirmed = json(await ask(200, 'POST', confirm, { code: server.code({ seed }) }));
    assert.deepEqual([confirmed['id'], confirmed['type']], [id, 'totp']);
    assert.equal((confirmed['recovery_codes'] as string[]).length, 10);
    const listed = json(await ask(200, 'GET', '/users/42/factors'));
    const [{ type, label } = {}] = listed['factors'] as Json[];
    assert.deepEqual([listed['enabled'], listed['recovery_codes_left'], type, label], [true, 10, 'totp', 'phone']);
    server.clock.tick(30 * second);
    const challenge = await ask(201, 'POST', '/challenges', { user: { uid } });
    const verify = `/challenges/${member(challenge, 'id')}/verify`;
    assert.equal(json(await ask(200, 'POST', verify, { code: server.code({ seed }) }))['user_id'], uid);
    assert.deepEqual(
      server.sent.map(({ to, body }) => [to, /was added/.test(body)]),
      [],
      'notices are sent from their rows, later',
    );
  });

  for (const [type, body, to] of [
    ['sms', { phone_number: '2133734253' }, '+12133734253'],
    ['email', { email: 'ada@example.com' }, 'ada@example.com'],
    ['email', {}, 'ada@example.org'],
  ] as const)
    test(`enrol by ${type} to ${to}`, async () => {
      await using home = await shop(on);
      const { server, ask } = home;
      await ask(201, 'PUT', '/users/42', { email: 'ada@example.org' });
      const begun = json(await ask(201, 'POST', '/users/42/factors', { type, ...body }));
      const message = server.sent.at(-1);
      assert.equal(message?.to, to);
      assert.equal(JSON.stringify(begun).includes(message?.code ?? '?'), false, 'the code goes to the user alone');
      await ask(200, 'POST', `/users/42/factors/${String(begun['id'])}/confirm`, { code: message?.code });
      server.clock.tick(minute);
      const { id, factors } = json(await ask(201, 'POST', '/challenges', { user: { name: '42' } }));
      assert.deepEqual(
        (factors as Json[]).map((factor) => factor['type']),
        [type],
      );
      await ask(202, 'POST', `/challenges/${String(id)}/send`, {});
      await ask(200, 'POST', `/challenges/${String(id)}/verify`, { code: server.sent.at(-1)?.code });
    });

  test('who can be reached nowhere enrols nothing by message', async () => {
    await using home = await shop(on);
    await home.ask(201, 'PUT', '/users/42', {});
    for (const body of [{ type: 'email' }, { type: 'email', email: 'ada' }, { type: 'sms', phone_number: '12' }])
      assert.equal(json(await home.ask(400, 'POST', '/users/42/factors', body))['code'], 'invalid_destination');
    assert.equal(home.server.sent.length, 0);
  });

  test('with a second factor agree to every change of their factors by passing a challenge', async () => {
    await using home = await shop(on);
    const { server, ask, passed } = home;
    await ask(201, 'PUT', '/users/42', {});
    const { id, seed } = await home.enrol('/users/42');
    const changes = (challenge_id: string) =>
      [
        ['POST', '/users/42/factors', { type: 'totp', challenge_id }],
        ['POST', '/users/42/recovery-codes', { challenge_id }],
        ['DELETE', `/users/42/factors/${id}?challenge_id=${challenge_id}`, undefined],
      ] as const;
    const refused = async (challenge_id: string, why: string) => {
      for (const [method, path, body] of changes(challenge_id)) {
        const answer = await ask(401, method, path, body);
        assert.equal(json(answer)['code'], 'insufficient_user_authentication', why);
      }
    };
    const open = async () => member(await ask(201, 'POST', '/challenges', { user: { name: '42' } }), 'id');
    await refused('0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee', 'there is no such challenge');
    await refused(await open(), 'it was not passed');
    await refused(await passed('42', seed, { action: 'Pay 40 EUR to Bob' }), 'something else was approved');
    const old = await passed('42', seed);
    server.clock.tick(15 * minute);
    await refused(old, 'it is too long ago');
    await ask(201, 'PUT', '/users/43', {});
    const other = await home.enrol('/users/43');
    await refused(await passed('43', other.seed), 'somebody else passed it');
    const stranger = keeper(server, (await addService(server, 'root', 'another shop')).key);
    await refused(await stranger.passed('42', seed), 'another service asked');
    const first = await passed('42', seed);
    await ask(200, 'POST', '/users/42/recovery-codes', { challenge_id: first });
    await refused(first, 'the factors have changed since');
    const [method, path] = changes(await passed('42', seed))[2];
    await ask(204, method, path);
    const listed = json(await ask(200, 'GET', '/users/42/factors'));
    assert.deepEqual(listed, { enabled: false, factors: [], recovery_codes_left: 0 });
  });

  test('a second app is enrolled with one proof, from the request to its code', async () => {
    await using home = await shop(on);
    const { ask } = home;
    await ask(201, 'PUT', '/users/42', {});
    const { seed } = await home.enrol('/users/42');
    const challenge_id = await home.passed('42', seed);
    const begun = await ask(201, 'POST', '/users/42/factors', { type: 'totp', challenge_id });
    const code = home.server.code({ seed: member(begun, 'secret') });
    const confirm = `/users/42/factors/${member(begun, 'id')}/confirm`;
    await ask(401, 'POST', confirm, { code });
    assert.deepEqual(json(await ask(200, 'POST', confirm, { code, challenge_id }))['recovery_codes'], []);
  });

  test('are their own service’s, and nobody else’s', async () => {
    await using home = await shop(on);
    const { server, ask } = home;
    const ada = await server.addPerson('ada');
    await ask(201, 'PUT', '/users/42', {});
    const { id } = await home.enrol('/users/42');
    const other = keeper(server, (await addService(server, 'root', 'another shop')).key);
    for (const path of ['/users/42', '/users/ada', '/users/admin', `/users/${ada.uid}`, '/users/nobody']) {
      const by = path === '/users/42' ? other : home;
      await by.ask(404, 'GET', `${path}/factors`);
      await by.ask(404, 'POST', `${path}/factors`, { type: 'totp' });
      await by.ask(404, 'DELETE', `${path}/factors/${id}`);
      await by.ask(404, 'POST', `${path}/recovery-codes`, {});
    }
    const uid = member(await ask(200, 'PUT', '/users/42', {}), 'uid');
    for (const [by, whom] of [
      [other, uid],
      [home, ada.uid],
      [home, server.admin.uid],
      [home, '0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee'],
    ] as const)
      await by.ask(404, 'DELETE', `/users/${whom}`);
    for (const name of ['ada', 'admin', 'ADA', 'shop'])
      assert.equal(json(await ask(409, 'PUT', `/users/${name}`, { email: 'x@example.org' }))['code'], 'name_taken');
    await other.ask(409, 'PUT', '/users/42', { email: 'x@example.org' });
  });

  test('ids that differ in case alone are not one user', async () => {
    await using home = await shop(on);
    await home.ask(201, 'PUT', '/users/aB', {});
    await home.ask(409, 'PUT', '/users/Ab', {});
    await home.ask(404, 'GET', '/users/Ab/factors');
  });

  test('an address is no name: a challenge means whom the application calls so', async () => {
    await using home = await shop(on);
    await home.ask(201, 'PUT', '/users/mallory', { email: 'ada@example.org' });
    await home.enrol('/users/mallory');
    await home.ask(404, 'POST', '/challenges', { user: { name: 'ada@example.org' } });
  });

  test('who was given a way in here manages their factors themself', async () => {
    await using home = await shop(on);
    const { server, ask } = home;
    const ofRoot = async (name: string, data: Json) => {
      const uid = member(await ask(201, 'PUT', `/users/${name}`, {}), 'uid');
      await door(server)(200, 'PATCH', `accounts/root/users/${uid}`, data);
      return uid;
    };
    const promoted = await ofRoot('promoted', { roles: ['admin'] });
    const employed = await ofRoot('employed', { password: 'employed since today' });
    for (const [name, uid] of Object.entries({ promoted, employed })) {
      await ask(403, 'POST', `/users/${name}/factors`, { type: 'totp' });
      await ask(403, 'POST', `/users/${name}/recovery-codes`, {});
      await ask(403, 'PUT', `/users/${name}`, { email: 'mallory@example.org' });
      await ask(403, 'DELETE', `/users/${uid}`);
    }
  });

  test('live in the account of their service or below it', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const east = await tenant(server, acme.id, 'east');
    const { ask } = keeper(server, (await addService(server, acme.id, 'shop')).key);
    assert.equal(json(await ask(201, 'PUT', '/users/42', {}))['accountId'], acme.id);
    const made = json(await ask(201, 'PUT', '/users/42', { account: 'east' }));
    assert.equal(made['accountId'], east.id);
    for (const account of ['root', 'nowhere']) await ask(400, 'PUT', '/users/42', { account });
    await ask(200, 'GET', '/users/42/factors?account=east');
    await ask(404, 'GET', '/users/42/factors?account=root');
    await ask(204, 'DELETE', `/users/${String(made['uid'])}`);
    await ask(200, 'GET', '/users/42/factors');
    await ask(404, 'GET', '/users/42/factors?account=east');
  });

  test('of an account that has moved away are its service’s no more', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const east = await tenant(server, acme.id, 'east');
    const { ask } = keeper(server, (await addService(server, acme.id, 'shop')).key);
    const uid = member(await ask(201, 'PUT', '/users/42', { account: 'east' }), 'uid');
    await door(server)(200, 'POST', `accounts/${east.id}/move`, { to: 'root' });
    await ask(404, 'DELETE', `/users/${uid}`);
    await ask(404, 'GET', '/users/42/factors?account=east');
    await ask(400, 'PUT', '/users/42', { account: 'east' });
  });

  test('leave with everything they have', async () => {
    await using home = await shop(on);
    const uid = member(await home.ask(201, 'PUT', '/users/42', {}), 'uid');
    const { seed } = await home.enrol('/users/42');
    const challenge = await home.passed('42', seed);
    await home.ask(204, 'DELETE', `/users/${uid}`);
    await home.ask(404, 'GET', '/users/42/factors');
    await home.ask(404, 'GET', `/challenges/${challenge}`);
    await home.ask(201, 'PUT', '/users/42', {});
    assert.equal(json(await home.ask(200, 'GET', '/users/42/factors'))['enabled'], false);
  });

  test('the log says through which service it was', async () => {
    await using home = await shop(on);
    const { server, serviceId } = home;
    await home.ask(201, 'PUT', '/users/42', {});
    await home.enrol('/users/42');
    await home.ask(200, 'PUT', '/users/42', { firstName: 'Ada' });
    const { db } = server.countersign.context.store;
    const rows = await db
      .selectFrom('attempts')
      .select('action')
      .where('detail', '=', `by the service ${serviceId}`)
      .execute();
    assert.deepEqual(rows.map(({ action }) => action).toSorted(), ['confirm', 'enroll', 'user.update']);
  });

  test('a person’s session and the token of a challenge are no service', async () => {
    await using home = await shop(on);
    const { server, ask } = home;
    const ada = await server.addPerson('ada');
    const uid = member(await ask(201, 'PUT', '/users/42', {}), 'uid');
    await home.enrol('/users/42');
    server.clock.tick(30 * second);
    const asked = await ask(201, 'POST', '/challenges', { user: { name: '42' } });
    for (const [bearer, status] of [
      [ada.token, 403],
      [server.admin.token, 403],
      [member(asked, 'challenge_token'), 401],
    ] as const) {
      for (const [method, path, body] of [
        ['PUT', '/users/43', {}],
        ['GET', '/users/42/factors', undefined],
        ['POST', '/users/42/factors', { type: 'totp' }],
      ] as const)
        assert.equal((await server.call(method, path, { bearer, ...(body && { json: body }) })).status, status);
    }
    const bearer = member(asked, 'challenge_token');
    assert.equal((await server.call('DELETE', `/users/${uid}`, { bearer })).status, 401);
    assert.equal((await server.call('DELETE', `/users/${uid}`, { bearer: ada.token })).status, 404);
  });
});
