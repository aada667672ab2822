import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimNotice, dueNotices, removeNotice, writeNotice } from '../../src/store/notices.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { house, winners, type House } from '../../kit/house.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const attempt = '202611-00000000000000000000000000000001';

/** A house with Ada, and one notice for her. */
async function told(home: House) {
  const user = await home.addUser({ name: 'ada', email: 'ada@example.org' });
  const notice = { attempt, name: 'factor_added', factor: 'totp' } as const;
  await writeNotice(home.ctx.store, user, notice, now);
  const [due] = await dueNotices(home.ctx.store, 10, now);
  return { user, store: home.ctx.store, due: due ?? assert.fail('nothing is due') };
}

onEachDatabase('notices', (on) => {
  test('one is due at once, and says who is told of what', async () => {
    await using home = await house(on);
    const { store, due } = await told(home);
    const about = {
      name: 'factor_added',
      factor: 'totp',
      user: 'ada',
      account: home.root,
      to: 'ada@example.org',
      at: now,
    };
    assert.deepEqual(due, { attemptId: attempt, ...about, tries: 0, dueAt: now, inDigest: false });
    assert.deepEqual(await dueNotices(store, 10, now - 1), []);
  });

  test('the address is sealed', async () => {
    await using home = await house(on);
    const { store } = await told(home);
    const rows = await store.db.selectFrom('notices').selectAll().execute();
    assert.ok(!JSON.stringify(rows).includes('example.org'));
  });

  test('who has no address is not told', async () => {
    await using home = await house(on);
    const bob = await home.addUser({ name: 'bob' });
    await writeNotice(home.ctx.store, bob, { attempt, name: 'mfa_disabled' }, now);
    assert.deepEqual(await dueNotices(home.ctx.store, 10, now), []);
  });

  test('they come in the order in which they are due, and no more than were asked for', async () => {
    await using home = await house(on);
    const user = await home.addUser({ name: 'ada', email: 'ada@example.org' });
    for (const at of [3, 1, 2])
      await writeNotice(home.ctx.store, user, { attempt: `${attempt}${at}`, name: 'mfa_disabled' }, now + at);
    const due = await dueNotices(home.ctx.store, 2, now + 3);
    assert.deepEqual(
      due.map(({ at }) => at - now),
      [1, 2],
    );
  });

  test('of several users each has as many of them, and the one with the fewest comes first', async () => {
    await using home = await house(on);
    const { store } = home.ctx;
    const users = ['ada', 'bob', 'cy'].map((name) => ({ name, email: `${name}@example.org` }));
    for (const [at, made] of users.entries()) {
      const user = await home.addUser(made);
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
    await using home = await house(on);
    const { store, due } = await told(home);
    assert.equal(await claimNotice(store, due, now + 100), true);
    assert.deepEqual(await dueNotices(store, 10, now + 99), []);
    const [again] = await dueNotices(store, 10, now + 100);
    assert.deepEqual(again, { ...due, tries: 1, dueAt: now + 100 });
  });

  test('one that another node has claimed, or that is gone, is nobody’s', async () => {
    await using home = await house(on);
    const { store, due } = await told(home);
    assert.equal(await claimNotice(store, { ...due, dueAt: now - 1 }, now + 100), false);
    assert.equal(await claimNotice(store, { ...due, attemptId: `${attempt}0` }, now + 100), false);
    assert.equal(await claimNotice(store, due, now + 100), true);
    assert.equal(await claimNotice(store, due, now + 200), false);
    await removeNotice(store, attempt);
    assert.equal(await claimNotice(store, { ...due, dueAt: now + 100 }, now + 200), false);
    assert.deepEqual(await dueNotices(store, 10, now + 1000), []);
  });

  test('of sixteen at once over several nodes one claims it', async () => {
    await using home = await house(on);
    const nodes = [home, await home.node(), await home.node(), await home.node()];
    const { due } = await told(home);
    const claim = (at: number) => claimNotice((nodes[at % nodes.length] ?? home).ctx.store, due, now + 100 + at);
    assert.equal(await winners(16, claim), 1);
  });

  test('they go with their user', async () => {
    await using home = await house(on);
    const { store, user } = await told(home);
    await store.db.deleteFrom('users').where('id', '=', user.id).execute();
    assert.deepEqual(await store.db.selectFrom('notices').selectAll().execute(), []);
  });
});
