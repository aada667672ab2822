import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimNotice, dueNotices, removeNotice, writeNotice } from '../../src/store/notices.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine, winners, type TestEngine } from '../../kit/test-engine.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const attempt = '202611-00000000000000000000000000000001';

/** A server with Ada, and one notice for her. */
async function told(engine: TestEngine) {
  const user = await engine.addUser({ name: 'ada', email: 'ada@example.org' });
  const notice = { attempt, name: 'factor_added', factor: 'totp' } as const;
  await writeNotice(engine.ctx.store, user, notice, now);
  const [due] = await dueNotices(engine.ctx.store, 10, now);
  return { user, store: engine.ctx.store, due: due ?? assert.fail('nothing is due') };
}

onEachDatabase('notices', (on) => {
  test('one is due at once, and says who is told of what', async () => {
    await using engine = await startEngine(on);
    const { store, due } = await told(engine);
    const about = {
      name: 'factor_added',
      factor: 'totp',
      user: 'ada',
      account: engine.root,
      to: 'ada@example.org',
      at: now,
    };
    assert.deepEqual(due, { attemptId: attempt, ...about, tries: 0, dueAt: now, inDigest: false });
    assert.deepEqual(await dueNotices(store, 10, now - 1), []);
  });

  test('the address is sealed', async () => {
    await using engine = await startEngine(on);
    const { store } = await told(engine);
    const rows = await store.db.selectFrom('notices').selectAll().execute();
    assert.ok(!JSON.stringify(rows).includes('example.org'));
  });

  test('who has no address is not told', async () => {
    await using engine = await startEngine(on);
    const bob = await engine.addUser({ name: 'bob' });
    await writeNotice(engine.ctx.store, bob, { attempt, name: 'mfa_disabled' }, now);
    assert.deepEqual(await dueNotices(engine.ctx.store, 10, now), []);
  });

  test('they come in the order in which they are due, and no more than were asked for', async () => {
    await using engine = await startEngine(on);
    const user = await engine.addUser({ name: 'ada', email: 'ada@example.org' });
    for (const at of [3, 1, 2])
      await writeNotice(engine.ctx.store, user, { attempt: `${attempt}${at}`, name: 'mfa_disabled' }, now + at);
    const due = await dueNotices(engine.ctx.store, 2, now + 3);
    assert.deepEqual(
      due.map(({ at }) => at - now),
      [1, 2],
    );
  });

  test('of several users each has as many of them, and the one with the fewest comes first', async () => {
    await using engine = await startEngine(on);
    const { store } = engine.ctx;
    const users = ['ada', 'bob', 'cy'].map((name) => ({ name, email: `${name}@example.org` }));
    for (const [at, made] of users.entries()) {
      const user = await engine.addUser(made);
      for (let nth = 0; nth < 30 - 10 * at; nth += 1)
        await writeNotice(store, user, { attempt: `${attempt}${at}${nth}`, name: 'mfa_disabled' }, now + nth);
    }
    const due = await dueNotices(store, 7, now + 100);
    assert.deepEqual(
      due.map(({ user, at }) => `${user} ${at - now}`),
      ['cy 0', 'cy 1', 'bob 0', 'bob 1', 'ada 0', 'ada 1'],
    );
    const few = await dueNotices(store, 2, now + 100);
    assert.deepEqual(
      few.map(({ user }) => user),
      ['cy', 'bob'],
    );
  });

  test('a claim puts it off and counts the try', async () => {
    await using engine = await startEngine(on);
    const { store, due } = await told(engine);
    assert.equal(await claimNotice(store, due, now + 100), true);
    assert.deepEqual(await dueNotices(store, 10, now + 99), []);
    const [again] = await dueNotices(store, 10, now + 100);
    assert.deepEqual(again, { ...due, tries: 1, dueAt: now + 100 });
  });

  test('one that another node has claimed, or that is gone, is nobody’s', async () => {
    await using engine = await startEngine(on);
    const { store, due } = await told(engine);
    assert.equal(await claimNotice(store, { ...due, dueAt: now - 1 }, now + 100), false);
    assert.equal(await claimNotice(store, { ...due, attemptId: `${attempt}0` }, now + 100), false);
    assert.equal(await claimNotice(store, due, now + 100), true);
    assert.equal(await claimNotice(store, due, now + 200), false);
    await removeNotice(store, attempt);
    assert.equal(await claimNotice(store, { ...due, dueAt: now + 100 }, now + 200), false);
    assert.deepEqual(await dueNotices(store, 10, now + 1000), []);
  });

  test('of sixteen at once over several nodes one claims it', async () => {
    await using engine = await startEngine(on);
    const nodes = [engine, await engine.node(), await engine.node(), await engine.node()];
    const { due } = await told(engine);
    const claim = (at: number) => claimNotice((nodes[at % nodes.length] ?? engine).ctx.store, due, now + 100 + at);
    assert.equal(await winners(16, claim), 1);
  });

  test('they go with their user', async () => {
    await using engine = await startEngine(on);
    const { store, user } = await told(engine);
    await store.db.deleteFrom('users').where('id', '=', user.id).execute();
    assert.deepEqual(await store.db.selectFrom('notices').selectAll().execute(), []);
  });
});
