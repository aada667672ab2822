/** Contract section 5: users of an application with a table of its own are its service's to make, reach and remove. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { second } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member, startServer } from '../../../../kit/server.ts';
import { door, tenant } from '../crossbar/door.ts';
import { addService } from './service.ts';
import { json, keeper, shop, type Json } from './external-users-help.ts';

onEachDatabase('users of an application', (on) => {
  test('are made by what the application calls them, and changed by saying it again', async () => {
    await using fixture = await shop(on);
    const made = json(
      await fixture.ask(201, 'PUT', '/users/user%2F42', { email: 'ada@example.org', firstName: 'Ada' }),
    );
    assert.deepEqual(
      [made['name'], made['email'], made['firstName'], made['roles']],
      ['user/42', 'ada@example.org', 'Ada', ['user']],
    );
    const again = json(await fixture.ask(200, 'PUT', '/users/user%2F42', { email: null }));
    assert.deepEqual(again, { ...made, email: null, dateModified: again['dateModified'], version: 1 });
    const rows = await fixture.server.rows();
    await fixture.ask(200, 'PUT', '/users/user%2F42', {});
    assert.deepEqual(await fixture.server.rows(), rows, 'saying the same changes nothing');
  });

  test('are made once, of eight at once', async () => {
    await using fixture = await shop(on);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => fixture.server.call('PUT', '/users/42', { bearer: fixture.key, json: {} })),
    );
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    assert.equal(answers.filter(({ status }) => status === 200).length, 7);
    assert.equal(new Set(answers.map((answer) => member(answer, 'uid'))).size, 1);
  });

  test('have no password, and no way in', async () => {
    await using fixture = await shop(on);
    const uid = member(await fixture.ask(201, 'PUT', '/users/42', {}), 'uid');
    for (const name of ['42', uid])
      for (const secret of ['', '42'])
        assert.equal((await fixture.server.call('GET', '/auth/password', { basic: [name, secret] })).status, 401);
  });

  test('are their own service’s, and nobody else’s', async () => {
    await using fixture = await shop(on);
    const { server, ask } = fixture;
    const ada = await server.addPerson('ada');
    await ask(201, 'PUT', '/users/42', {});
    const { id } = await fixture.enrol('/users/42');
    const other = keeper(server, (await addService(server, 'root', 'another shop')).key);
    for (const path of ['/users/42', '/users/ada', '/users/admin', `/users/${ada.uid}`, '/users/nobody']) {
      const by = path === '/users/42' ? other : fixture;
      await by.ask(404, 'GET', `${path}/factors`);
      await by.ask(404, 'POST', `${path}/factors`, { type: 'totp' });
      await by.ask(404, 'DELETE', `${path}/factors/${id}`);
      await by.ask(404, 'POST', `${path}/recovery-codes`, {});
    }
    const uid = member(await ask(200, 'PUT', '/users/42', {}), 'uid');
    for (const [by, whom] of [
      [other, uid],
      [fixture, ada.uid],
      [fixture, server.admin.uid],
      [fixture, '0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee'],
    ] as const)
      await by.ask(404, 'DELETE', `/users/${whom}`);
    for (const name of ['ada', 'admin', 'ADA', 'shop'])
      assert.equal(json(await ask(409, 'PUT', `/users/${name}`, { email: 'x@example.org' }))['code'], 'name_taken');
    await other.ask(409, 'PUT', '/users/42', { email: 'x@example.org' });
  });

  test('ids that differ in case alone are not one user', async () => {
    await using fixture = await shop(on);
    await fixture.ask(201, 'PUT', '/users/aB', {});
    await fixture.ask(409, 'PUT', '/users/Ab', {});
    await fixture.ask(404, 'GET', '/users/Ab/factors');
  });

  test('an address is no name: a challenge means whom the application calls so', async () => {
    await using fixture = await shop(on);
    await fixture.ask(201, 'PUT', '/users/mallory', { email: 'ada@example.org' });
    await fixture.enrol('/users/mallory');
    await fixture.ask(404, 'POST', '/challenges', { user: { name: 'ada@example.org' } });
  });

  test('who was given a way in here manages their factors themself', async () => {
    await using fixture = await shop(on);
    const { server, ask } = fixture;
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
    await using fixture = await shop(on);
    const uid = member(await fixture.ask(201, 'PUT', '/users/42', {}), 'uid');
    const { seed } = await fixture.enrol('/users/42');
    const challenge = await fixture.passed('42', seed);
    await fixture.ask(204, 'DELETE', `/users/${uid}`);
    await fixture.ask(404, 'GET', '/users/42/factors');
    await fixture.ask(404, 'GET', `/challenges/${challenge}`);
    await fixture.ask(201, 'PUT', '/users/42', {});
    assert.equal(json(await fixture.ask(200, 'GET', '/users/42/factors'))['enabled'], false);
  });

  test('the log says through which service it was', async () => {
    await using fixture = await shop(on);
    const { server, serviceId } = fixture;
    await fixture.ask(201, 'PUT', '/users/42', {});
    await fixture.enrol('/users/42');
    await fixture.ask(200, 'PUT', '/users/42', { firstName: 'Ada' });
    const { db } = server.countersign.context.store;
    const rows = await db
      .selectFrom('attempts')
      .select('action')
      .where('detail', '=', `by the service ${serviceId}`)
      .execute();
    assert.deepEqual(rows.map(({ action }) => action).toSorted(), ['confirm', 'enroll', 'user.update']);
  });

  test('a person’s session and the token of a challenge are no service', async () => {
    await using fixture = await shop(on);
    const { server, ask } = fixture;
    const ada = await server.addPerson('ada');
    const uid = member(await ask(201, 'PUT', '/users/42', {}), 'uid');
    await fixture.enrol('/users/42');
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
