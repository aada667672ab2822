import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findLiveSession,
  insertSession,
  listLiveSessions,
  revokeSession,
  deleteExpiredSessions,
  type Session,
} from '../../src/store/sessions.ts';
import { carryOver, raiseSession, raiseToken, stepUpSession } from '../../src/store/session-generations.ts';
import { advanceEpoch, findUser } from '../../src/store/users.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { atOnce, startEngine, winners } from '../../kit/test-engine.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const end = now + 3_600_000;

const sessionOf = (userId: string, id = 'session'): Session => ({
  id,
  userId,
  authModule: 'password',
  epoch: 0,
  amr: ['pwd'],
  secondFactorAt: null,
  authTime: now,
  expiresAt: end,
  clientIp: '192.0.2.1',
  userAgent: null,
  clientId: null,
  scope: null,
  keyId: null,
  generation: 1,
  generationFrom: 1,
  refreshFrom: 1,
  raised: null,
  secondKinds: [],
});

onEachDatabase('the store keeps sessions', (database) => {
  test('one in force is found with its user', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada', roles: ['admin'] });
    const session = { ...sessionOf(id), secondFactorAt: now };
    await insertSession(store, session);
    assert.deepEqual(await findLiveSession(store, 'session', now), {
      ...session,
      accountId: engine.root,
      roles: ['admin'],
      keyScope: null,
      user: await findUser(store, id),
    });
    assert.equal(await findLiveSession(store, 'another', now), undefined);
  });

  test('one is in force up to the moment it expires', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await insertSession(store, sessionOf((await engine.addUser({ name: 'ada' })).id));
    assert.ok(await findLiveSession(store, 'session', end - 1));
    assert.equal(await findLiveSession(store, 'session', end), undefined);
  });

  test("one of another epoch than its user's is not in force", async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    await insertSession(store, sessionOf(id, 'before'));
    await insertSession(store, { ...sessionOf(id, 'after'), epoch: 1 });
    assert.equal(await findLiveSession(store, 'after', now), undefined);
    await advanceEpoch(store, id, 0);
    assert.equal(await findLiveSession(store, 'before', now), undefined);
    assert.ok(await findLiveSession(store, 'after', now));
  });

  test("a list holds a user's own sessions in force, newest first", async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada, bob] = [await engine.addUser({ name: 'ada' }), await engine.addUser({ name: 'bob' })];
    for (const id of ['a', 'b', 'c']) await insertSession(store, sessionOf(ada.id, id));
    await insertSession(store, sessionOf(bob.id, 'd'));
    await revokeSession(store, ada.id, 'b', now);
    assert.deepEqual(
      (await listLiveSessions(store, ada.id, now)).map(({ id }) => id),
      ['c', 'a'],
    );
    assert.deepEqual(await listLiveSessions(store, ada.id, end), []);
  });

  test('one is ended once, by its own user, while it is in force', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada, bob] = [await engine.addUser({ name: 'ada' }), await engine.addUser({ name: 'bob' })];
    await insertSession(store, sessionOf(ada.id, 'a'));
    await insertSession(store, sessionOf(ada.id, 'b'));
    assert.equal(await revokeSession(store, bob.id, 'a', now), false);
    assert.equal(await revokeSession(store, ada.id, 'c', now), false);
    assert.equal(await revokeSession(store, ada.id, 'a', end), false);
    assert.equal(await revokeSession(store, ada.id, 'a', end - 1), true);
    assert.equal(await revokeSession(store, ada.id, 'a', end - 1), false);
    assert.equal(await findLiveSession(store, 'a', now), undefined);
    assert.ok(await findLiveSession(store, 'b', now));
  });

  test('of sixteen that end one at once, one does', async () => {
    await using engine = await startEngine(database);
    const stores = [engine.ctx.store, (await engine.node()).ctx.store];
    const { id } = await engine.addUser({ name: 'ada' });
    await insertSession(engine.ctx.store, sessionOf(id));
    assert.equal(await winners(16, (at) => revokeSession(stores[at % 2] ?? engine.ctx.store, id, 'session', now)), 1);
  });

  test('one is carried over into the next epoch, and no other is', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    await insertSession(store, sessionOf(id, 'a'));
    await insertSession(store, sessionOf(id, 'b'));
    await advanceEpoch(store, id, 0);
    const next = { ...sessionOf(id, 'a'), epoch: 1 };
    assert.equal(await carryOver(store, next), true);
    const user = await findUser(store, id);
    assert.equal(user?.epoch, 1);
    const ofUser = { accountId: engine.root, roles: ['user'], user, keyScope: null };
    assert.deepEqual(await findLiveSession(store, 'a', now), { ...next, ...ofUser });
    assert.equal(await findLiveSession(store, 'b', now), undefined);
  });

  test('a step-up begins the next generation, which voids earlier refresh tokens', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    await insertSession(store, sessionOf(id));
    const proven = { amr: ['pwd', 'otp', 'mfa'], secondFactorAt: now };
    const step = () => stepUpSession(store, { ...sessionOf(id), ...proven }, now);
    assert.deepEqual([await step(), await step()], [2, 3]);
    const found = await findLiveSession(store, 'session', now);
    assert.deepEqual(
      [found?.generation, found?.generationFrom, found?.refreshFrom, found?.amr, found?.secondFactorAt],
      [3, 1, 3, proven.amr, now],
    );
    assert.equal(await stepUpSession(store, { ...sessionOf(id), ...proven, epoch: 1 }, now), undefined);
    await revokeSession(store, id, 'session', now);
    assert.equal(await step(), undefined);
  });

  test('of simultaneous step-ups each gets its own generation', async () => {
    await using engine = await startEngine(database);
    const stores = [engine.ctx.store, (await engine.node()).ctx.store];
    const { id } = await engine.addUser({ name: 'ada' });
    await insertSession(engine.ctx.store, sessionOf(id));
    const proven = { ...sessionOf(id), secondFactorAt: now };
    const generations = await atOnce(8, (at) => stepUpSession(stores[at % 2] ?? engine.ctx.store, proven, now));
    assert.deepEqual(
      generations.toSorted((a = 0, b = 0) => a - b),
      [2, 3, 4, 5, 6, 7, 8, 9],
    );
  });

  test('an enrollment begins the next generation and leaves earlier ones and their refresh tokens', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    await insertSession(store, sessionOf(id));
    await advanceEpoch(store, id, 0);
    const proven = { amr: ['pwd', 'otp', 'mfa'], secondFactorAt: now };
    assert.equal(await raiseSession(store, { ...sessionOf(id), ...proven, epoch: 1 }), 2);
    const raised = { tokenId: 'jti', generation: 2, authTime: now, ...proven };
    await raiseToken(store, 'session', raised);
    const found = await findLiveSession(store, 'session', now);
    assert.deepEqual(
      [found?.generation, found?.generationFrom, found?.refreshFrom, found?.amr, found?.raised],
      [2, 1, 1, proven.amr, raised],
    );
  });

  test('a change voids the generations before that of its token, and no token of them changes anything', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    await insertSession(store, sessionOf(id));
    for (let times = 0; times < 2; times += 1) await stepUpSession(store, sessionOf(id), now);
    await advanceEpoch(store, id, 0);
    assert.equal(await carryOver(store, { id: 'session', epoch: 1, generation: 2 }), true);
    const found = await findLiveSession(store, 'session', now);
    assert.deepEqual([found?.generation, found?.generationFrom, found?.refreshFrom], [3, 2, 3]);
    await advanceEpoch(store, id, 1);
    const early = { ...sessionOf(id), epoch: 2, generation: 1 };
    assert.equal(await carryOver(store, early), false);
    assert.equal(await raiseSession(store, early), undefined);
    assert.equal(await carryOver(store, { ...early, generation: 3 }), true);
  });

  test('one that is unknown, ended or of another epoch is not carried over', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    await insertSession(store, sessionOf(id, 'a'));
    await insertSession(store, sessionOf(id, 'b'));
    assert.equal(await carryOver(store, { ...sessionOf(id, 'c'), epoch: 1 }), false);
    assert.equal(await carryOver(store, { ...sessionOf(id, 'a'), epoch: 2 }), false);
    assert.equal(await carryOver(store, { ...sessionOf(id, 'a'), epoch: 0 }), false);
    await revokeSession(store, id, 'b', now);
    assert.equal(await carryOver(store, { ...sessionOf(id, 'b'), epoch: 1 }), false);
  });

  test('of sixteen that carry one over at once, one does', async () => {
    await using engine = await startEngine(database);
    const stores = [engine.ctx.store, (await engine.node()).ctx.store];
    const { id } = await engine.addUser({ name: 'ada' });
    await insertSession(engine.ctx.store, sessionOf(id));
    const next = { ...sessionOf(id), epoch: 1 };
    assert.equal(await winners(16, (at) => carryOver(stores[at % 2] ?? engine.ctx.store, next)), 1);
  });

  test('only those that are over are swept', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    await insertSession(store, sessionOf(id, 'a'));
    await insertSession(store, { ...sessionOf(id, 'b'), expiresAt: end + 1 });
    assert.equal(await deleteExpiredSessions(store, end), 1);
    assert.ok(await findLiveSession(store, 'b', now));
  });
});
