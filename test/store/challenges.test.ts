import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Challenge, LoginChallenge } from '../../src/store/challenge-rows.ts';
import {
  closeChallenge,
  closePrompts,
  findChallenge,
  findOpenChallenge,
  findOpenEnrollment,
  findPrompted,
  insertChallenge,
  deleteExpiredChallenges,
} from '../../src/store/challenges.ts';
import { insertPrompt } from '../../src/store/prompts.ts';
import { advanceEpoch, findUser } from '../../src/store/users.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine, winners } from '../../kit/test-engine.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const end = now + 180_000;

const challengeOf = (userId: string, id = 'challenge'): LoginChallenge => ({
  kind: 'login',
  id,
  userId,
  authModule: 'password',
  amr: ['pwd'],
  epoch: 0,
  createdAt: now,
  expiresAt: end,
  kinds: ['totp'],
  authConfigOrigin: 'system',
  mfaConfigOrigin: 'account',
  prompts: [],
  enrolls: null,
});

onEachDatabase('the store keeps challenges', (database) => {
  test('one is found by its token, as it was written', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    await insertChallenge(store, challengeOf(id), 'token');
    const found = await findOpenChallenge(store, 'token', now);
    assert.deepEqual(found, { challenge: challengeOf(id), user: await findUser(store, id) });
    assert.equal(await findOpenChallenge(store, 'another', now), undefined);
    assert.equal(await findOpenChallenge(store, 'challenge', now), undefined);
  });

  test('one is read as the kind it was written as', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    const { kind: _kind, enrolls: _enrolls, ...base } = challengeOf(id);
    const approved = { action: 'pay 5', purpose: 'payment' };
    const all: readonly Challenge[] = [
      { ...base, id: 'a', kind: 'login', enrolls: 'totp' },
      { ...base, id: 'b', kind: 'service', serviceId: 'shop', ...approved },
      { ...base, id: 'c', kind: 'step_up', sessionId: 'session', ...approved },
    ];
    for (const challenge of all) {
      await insertChallenge(store, challenge, challenge.id);
      assert.deepEqual((await findOpenChallenge(store, challenge.id, now))?.challenge, challenge);
      assert.deepEqual((await findChallenge(store, challenge.id, now))?.challenge, challenge);
    }
  });

  test("the token of an enrollment is good for no challenge, and a challenge's for no enrollment", async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const login = challengeOf((await engine.addUser({ name: 'ada' })).id, 'login');
    const enrollment: Challenge = { ...login, id: 'enrollment', kind: 'enrollment', enrolls: 'totp' };
    await insertChallenge(store, { ...login, enrolls: 'totp' }, 'one');
    await insertChallenge(store, enrollment, 'other');
    assert.deepEqual((await findOpenEnrollment(store, 'other', now))?.challenge, enrollment);
    assert.equal(await findOpenChallenge(store, 'other', now), undefined);
    assert.equal(await findOpenEnrollment(store, 'one', now), undefined);
  });

  test('its token is not in the database', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await insertChallenge(store, challengeOf((await engine.addUser({ name: 'ada' })).id), 'a secret token');
    const row = await store.db.selectFrom('challenges').selectAll().executeTakeFirstOrThrow();
    assert.doesNotMatch(JSON.stringify(row), /a secret token/);
  });

  test('one is open up to the moment it expires', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    await insertChallenge(store, challengeOf(id), 'token');
    assert.ok(await findOpenChallenge(store, 'token', end - 1));
    assert.equal(await findOpenChallenge(store, 'token', end), undefined);
  });

  test("one is void when its user's factors have changed", async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada, bob] = [await engine.addUser({ name: 'ada' }), await engine.addUser({ name: 'bob' })];
    await insertChallenge(store, challengeOf(ada.id, 'a'), 'token');
    await insertChallenge(store, challengeOf(bob.id, 'b'), 'other');
    assert.equal(await advanceEpoch(store, ada.id, 0), true);
    assert.equal(await findOpenChallenge(store, 'token', now), undefined);
    assert.ok(await findOpenChallenge(store, 'other', now));
  });

  test('one is spent once', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    await insertChallenge(store, challengeOf(id, 'a'), 'token');
    await insertChallenge(store, challengeOf(id, 'b'), 'other');
    assert.equal(await closeChallenge(store, 'c', now), false);
    assert.equal(await closeChallenge(store, 'a', now), true);
    assert.equal(await closeChallenge(store, 'a', now), false);
    assert.equal(await findOpenChallenge(store, 'token', now), undefined);
    assert.ok(await findOpenChallenge(store, 'other', now));
  });

  test('one is not spent after its end', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await insertChallenge(store, challengeOf((await engine.addUser({ name: 'ada' })).id, 'a'), 'token');
    assert.equal(await closeChallenge(store, 'a', end), false);
    assert.equal(await closeChallenge(store, 'a', end - 1), true);
  });

  test('of sixteen that spend one at once, one does', async () => {
    await using engine = await startEngine(database);
    const stores = [engine.ctx.store, (await engine.node()).ctx.store];
    await insertChallenge(engine.ctx.store, challengeOf((await engine.addUser({ name: 'ada' })).id), 'token');
    assert.equal(await winners(16, (at) => closeChallenge(stores[at % 2] ?? engine.ctx.store, 'challenge', now)), 1);
  });

  test('only those that are over are swept', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    await insertChallenge(store, challengeOf(id, 'a'), 'token');
    await insertChallenge(store, { ...challengeOf(id, 'b'), expiresAt: end + 1 }, 'other');
    assert.equal(await deleteExpiredChallenges(store, end), 1);
    assert.ok(await findOpenChallenge(store, 'other', now));
  });

  const prompt = (handle: string) => ({
    kind: 'duo',
    provider: { accountId: null, id: 'duo' },
    shown: { shape: 'redirect' as const, url: 'https://duo.example', state: handle },
    memo: { app: 1 },
    handle,
    expiresAt: end,
  });
  const prompted = (userId: string, id: string, more: Partial<LoginChallenge> = {}) => ({
    ...challengeOf(userId, id),
    prompts: [prompt(id)],
    ...more,
  });
  const where = { authModule: 'password', handle: 'one' };

  test('one with a prompt is found by what a reply names it by, for its user and module', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada, bob] = [(await engine.addUser({ name: 'ada' })).id, (await engine.addUser({ name: 'bob' })).id];
    const challenge = prompted(ada, 'one');
    await insertChallenge(store, challenge, 't one');
    const open = await findPrompted(store, { ...where, userId: ada }, now);
    assert.deepEqual(open, { challenge, user: await findUser(store, ada) });
    assert.deepEqual(await findOpenChallenge(store, 't one', now), open);
    assert.equal(await findPrompted(store, { ...where, userId: bob }, now), undefined);
    assert.equal(await findPrompted(store, { ...where, userId: ada, handle: 'two' }, now), undefined);
    assert.equal(await findPrompted(store, { ...where, userId: ada, authModule: 'oauth2' }, now), undefined);
    assert.ok(await findPrompted(store, { ...where, userId: ada }, end - 1));
    assert.equal(await findPrompted(store, { ...where, userId: ada }, end), undefined);
    await advanceEpoch(store, ada, 0);
    assert.equal(await findPrompted(store, { ...where, userId: ada }, now), undefined);
  });

  test('one keeps a prompt of each kind, with or without a memo and a handle', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    const shown = { shape: 'publicKey' as const, options: { allow: ['one', 'two'] } };
    const bare = { kind: 'key', provider: null, shown, expiresAt: end };
    const challenge = { ...challengeOf(id), prompts: [prompt('one'), bare] };
    await insertChallenge(store, challenge, 'token');
    assert.deepEqual((await findOpenChallenge(store, 'token', now))?.challenge, challenge);
    await assert.rejects(insertPrompt(store, 'challenge', bare));
  });

  test('a memo is no longer than four KiB', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    await insertChallenge(store, challengeOf(id), 'token');
    await assert.rejects(
      insertPrompt(store, 'challenge', { ...prompt('one'), memo: 'm'.repeat(4095) }),
      /longer than 4096/,
    );
    await insertPrompt(store, 'challenge', { ...prompt('one'), memo: 'm'.repeat(4094) });
  });

  test('a closed one with a prompt is not found', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    await insertChallenge(store, prompted(id, 'one'), 't one');
    await closeChallenge(store, 'one', now);
    assert.equal(await findPrompted(store, { ...where, userId: id }, now), undefined);
  });

  test('prompts of a user at one door are closed, and no other challenges', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada, bob] = [(await engine.addUser({ name: 'ada' })).id, (await engine.addUser({ name: 'bob' })).id];
    await insertChallenge(store, prompted(ada, 'one'), 'one');
    await insertChallenge(store, prompted(ada, 'there', { authModule: 'oauth2' }), 'there');
    await insertChallenge(store, prompted(bob, 'his'), 'his');
    await insertChallenge(store, challengeOf(ada, 'code'), 'code');
    await closePrompts(store, { userId: ada, authModule: 'password' }, now);
    const open = await Promise.all(
      ['one', 'there', 'his', 'code'].map((token) => findOpenChallenge(store, token, now)),
    );
    assert.deepEqual(
      open.map((found) => found?.challenge.id),
      [undefined, 'there', 'his', 'code'],
    );
    const rows = await store.db.selectFrom('challenges').select('closed_at as at').where('id', '=', 'one').execute();
    await closePrompts(store, { userId: ada, authModule: 'password' }, now + 1);
    assert.deepEqual(
      await store.db.selectFrom('challenges').select('closed_at as at').where('id', '=', 'one').execute(),
      rows,
    );
  });

  test('a prompt opens for its own challenge only', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    const key = { ...prompt('key'), kind: 'key', provider: null };
    for (const [one, token] of [
      ['one', '1'],
      ['two', '2'],
      ['three', '3'],
    ] as const)
      await insertChallenge(store, prompted(id, one, { prompts: [prompt(one), key] }), token);
    const [challenges, prompts] = [store.db.selectFrom('challenges'), store.db.selectFrom('prompts')];
    const old = await challenges.select('prompt').where('id', '=', 'two').executeTakeFirstOrThrow();
    await store.db.updateTable('challenges').set(old).where('id', '=', 'one').execute();
    const { memo } = await prompts.select('memo').where('challenge_id', '=', 'two').executeTakeFirstOrThrow();
    await store.db.updateTable('prompts').set({ memo }).where('challenge_id', '=', 'three').execute();
    await assert.rejects(findOpenChallenge(store, '1', now));
    assert.ok(await findOpenChallenge(store, '2', now));
    await assert.rejects(findOpenChallenge(store, '3', now));
  });
});
