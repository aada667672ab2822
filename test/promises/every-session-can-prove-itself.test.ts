/**
 * Fresh proof: a user without a second factor proves the password again, and one whose account requires Duo answers Duo's
 * prompt. That a session which no person opened changes nothing is in every-caller-at-every-route.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { bodyOf } from '../../kit/doors.ts';
import { twoNodes, type TwoNodes } from '../../kit/nodes.ts';
import { member, type Answer, type Person } from '../../kit/server.ts';
import { duoFixture } from '../http/doors/crossbar/duo-fixture.ts';

const addKey = async (town: TwoNodes, bearer: string) =>
  town.nodes[1]('POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } });

const codeOf = (answer: Answer) => `${answer.status} ${String(bodyOf(answer)['code'])}`;

/** A session that is older than its proof is good for. */
async function staleSession(town: TwoNodes): Promise<Person> {
  const person = await town.addPerson('ada');
  town.clock.tick(16 * minute);
  return person;
}

async function prompted(town: TwoNodes, bearer: string) {
  const asked = await town.nodes[0]('POST', '/challenges', { bearer, json: {} });
  assert.equal(asked.status, 201, asked.text);
  const answer = (json: object) => town.nodes[1]('POST', `/challenges/${member(asked, 'id')}/verify`, { bearer, json });
  return { factors: bodyOf(asked)['factors'], answer };
}

onEachDatabase('a session', (on) => {
  test('of a user without a second factor steps up with the password', async () => {
    await using town = await twoNodes(on);
    const { token: bearer, password } = await staleSession(town);
    assert.equal(codeOf(await addKey(town, bearer)), '401 insufficient_user_authentication');
    const { factors, answer } = await prompted(town, bearer);
    assert.deepEqual(factors, [{ type: 'password', label: null }]);
    const approved = await answer({ password });
    assert.equal(approved.status, 200, approved.text);
    const { amr, acr } = bodyOf(approved);
    assert.deepEqual([amr, acr], [['pwd'], 'aal1']);
    assert.equal(codeOf(await addKey(town, bearer)), '401 insufficient_user_authentication', 'the token from before');
    assert.equal((await addKey(town, member(approved, 'token'))).status, 200);
    assert.equal(codeOf(await addKey(town, bearer)), '401 invalid_token', 'an earlier generation, after a change');
    assert.equal((await answer({ password })).status, 401, 'a challenge is answered once');
  });

  test('counts a wrong password as a try of the password, and takes nothing else for it', async () => {
    await using town = await twoNodes(on);
    const { name, password, token: bearer } = await staleSession(town);
    const { answer } = await prompted(town, bearer);
    for (const json of [{ code: '123456' }, { backup_code: 'AAAAAAAAAAAA' }, { code: password }, {}])
      assert.ok([400, 401].includes((await answer(json)).status), JSON.stringify(json));
    for (let tries = 0; tries < 5; tries += 1) assert.equal((await answer({ password: 'a guess' })).status, 401);
    assert.equal((await answer({ password })).status, 429);
    assert.equal((await town.call('GET', '/auth/password', { basic: [name, password] })).status, 429);
  });

  test('opens no other factor by its password: one that is locked stays locked', async () => {
    await using town = await twoNodes(on);
    const { uid, password, token: bearer } = await staleSession(town);
    const { db } = town.countersign.context.store;
    const locked = { subject: uid, kind: 'apikey', failures: 100, last_at: town.clock.now() };
    await db.insertInto('throttles').values(locked).execute();
    const { answer } = await prompted(town, bearer);
    assert.equal((await answer({ password })).status, 200);
    const rows = await db.selectFrom('throttles').select('kind').where('subject', '=', uid).execute();
    assert.deepEqual(rows, [{ kind: 'apikey' }]);
  });

  test('of a user who has a second factor does not step up with the password', async () => {
    await using town = await twoNodes(on);
    const person = await town.addPerson('ada');
    await town.addApp(person);
    town.clock.tick(16 * minute);
    const { factors, answer } = await prompted(town, person.token);
    assert.deepEqual(
      (factors as readonly { type: string }[]).map(({ type }) => type),
      ['totp'],
    );
    assert.ok([400, 401].includes((await answer({ password: person.password })).status));
    assert.equal(codeOf(await addKey(town, person.token)), '401 insufficient_user_authentication');
  });

  test('whose user enrolls a second factor meanwhile does not step up with the password any more', async () => {
    await using town = await twoNodes(on);
    const person = await town.addPerson('ada');
    const { answer } = await prompted(town, person.token);
    await town.addApp(person);
    assert.ok([401, 404].includes((await answer({ password: person.password })).status));
  });
});

onEachDatabase('a session of a user whose account requires Duo', (on) => {
  test('has to prove it again, and steps up with its prompt', async () => {
    await using fixture = await duoFixture('Universal Prompt', { on });
    const { server, duo } = fixture;
    const asked = await fixture.asked();
    const login = await fixture.logIn({ multi_factor_response: await duo.visit(asked['duo_auth_url'] ?? '') });
    const bearer = String(bodyOf(login)['auth_token']);
    const addKeyTo = () => server.call('POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } });
    assert.equal((await addKeyTo()).status, 200);
    server.clock.tick(16 * minute);
    assert.equal(codeOf(await addKeyTo()), '401 insufficient_user_authentication');
    const id = member(await server.call('POST', '/challenges', { bearer, json: {} }), 'id');
    const sent = await server.call('POST', `/challenges/${id}/send`, { bearer, json: {} });
    const { duo_code } = (await duo.visit(member(sent, 'auth_url'))) as { duo_code: string };
    const approved = await server.call('POST', `/challenges/${id}/verify`, { bearer, json: { duo_code } });
    assert.equal(approved.status, 200, approved.text);
    const next = member(approved, 'token');
    const json = { type: 'apikey' };
    assert.equal((await server.call('POST', '/users/me/secrets', { bearer: next, json })).status, 200);
  });

  test('that has never proven it adds nothing, however recent its password is', async () => {
    await using fixture = await duoFixture('Web SDK', { on });
    const { server, acme } = fixture;
    const json = { type: 'apikey' };
    const answer = await server.call('POST', '/users/me/secrets', { bearer: acme.token, json });
    assert.equal(codeOf(answer), '401 insufficient_user_authentication');
  });

  test('is not let off because the provider is disabled', async () => {
    await using fixture = await duoFixture('Web SDK', { on });
    const { server, acme } = fixture;
    await server.countersign.context.store.db.updateTable('providers').set({ enabled: 0 }).execute();
    const json = { type: 'apikey' };
    const answer = await server.call('POST', '/users/me/secrets', { bearer: acme.token, json });
    assert.equal(codeOf(answer), '401 insufficient_user_authentication');
    assert.equal((await server.call('POST', '/challenges', { bearer: acme.token, json: {} })).status, 401);
  });
});

onEachDatabase('a new password', (on) => {
  test('of one’s own says which keys and devices still open a login', async () => {
    await using town = await twoNodes(on);
    const person = await town.addPerson('ada');
    const { token: bearer, password: currentPassword } = person;
    const key = bodyOf(await addKey(town, bearer));
    const json = { type: 'password', secret: 'another one altogether', currentPassword };
    const changed = bodyOf(await town.call('POST', '/users/me/secrets', { bearer, json }));
    assert.deepEqual(changed['surviving'], [{ id: key['uid'], type: 'apikey' }]);
    const basic: [string, string] = [person.name, String(key['secret'])];
    assert.equal((await town.call('GET', '/auth/password', { basic })).status, 200);
  });

  test('by an administrator ends the keys and device secrets of the user', async () => {
    await using town = await twoNodes(on);
    const person = await town.addPerson('ada');
    const key = member(await addKey(town, person.token), 'secret');
    const device = 'a secret of the device of ada';
    const json = { type: 'device', secret: device };
    assert.equal((await town.call('POST', '/users/me/secrets', { bearer: person.token, json })).status, 200);
    const path = `/v2/accounts/root/users/${person.uid}`;
    const data = { password: 'a new one for ada' };
    const reset = await town.call('PATCH', path, { bearer: town.admin.token, json: { data } });
    assert.equal(reset.status, 200, reset.text);
    for (const secret of [key, device])
      assert.equal((await town.call('GET', '/auth/password', { basic: [person.name, secret] })).status, 401);
    assert.equal((await town.call('GET', '/auth/password', { basic: [person.name, data.password] })).status, 200);
  });
});
