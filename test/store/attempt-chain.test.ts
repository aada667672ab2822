import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { refuse, success } from '../../src/base/outcome.ts';
import { logSuccess } from '../../src/engine/audit/log-attempt.ts';
import { withTransaction } from '../../src/engine/context.ts';
import { findingsIn, rowsOf, logFailedAttempts } from '../../kit/attempts.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { atOnce, house, type House } from '../../kit/house.ts';

const placesOf = async (home: House, userId: string) => (await rowsOf(home, userId)).map(({ seq }) => seq);

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

onEachDatabase('the chain of attempts', (database) => {
  test("gives a user's attempts one strand of their account, in which each has the next place", async () => {
    await using home = await house(database);
    await logFailedAttempts(home, 3, 'ada');
    const rows = await rowsOf(home, 'ada');
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      [1, 2, 3],
    );
    const strands = [...new Set(rows.map(({ strand }) => strand))];
    assert.match(strands.join(' and '), new RegExp(`^${home.root}/[0-9a-f]$`));
    const key = home.ring.mac.find(({ state }) => state === 'active');
    for (const { hash } of rows) assert.match(hash ?? '', new RegExp(`^${key?.id}\\.[\\w-]{43}$`));
  });

  test('keeps the attempts of different users, and those of nobody, in sixteen strands', async () => {
    await using home = await house(database);
    for (const user of upTo(100)) await logFailedAttempts(home, 1, `user ${user}`);
    const strands = async () =>
      (await home.ctx.store.db.selectFrom('attempts').select('strand').distinct().execute()).length;
    assert.equal(await strands(), 16);
    await atOnce(100, () => logFailedAttempts(home, 1, '', { accountId: null, userId: null }));
    assert.equal(await strands(), 32);
  });

  test('has one place for each of 32 attempts at once of one user on two nodes', async () => {
    await using home = await house(database);
    const other = await home.node();
    await atOnce(32, (at) => logFailedAttempts(at % 2 === 0 ? home : other, 1, 'ada'));
    assert.deepEqual(await placesOf(home, 'ada'), upTo(32));
    assert.deepEqual(await findingsIn(home.ctx), []);
  });

  test('has no gap after 32 attempts at once of as many users on two nodes', async () => {
    await using home = await house(database);
    const other = await home.node();
    await atOnce(32, (at) => logFailedAttempts(at % 2 === 0 ? home : other, 2, `user ${at}`));
    assert.equal((await home.ctx.store.db.selectFrom('attempts').select('id').execute()).length, 64);
    assert.deepEqual(home.lines, []);
    assert.deepEqual(await findingsIn(home.ctx), []);
  });

  test('gives the place of what was rolled back to the next', async () => {
    await using home = await house(database);
    await logFailedAttempts(home, 1, 'ada');
    const tried = { action: 'login', accountId: home.root, userId: 'ada' };
    const outcome = await withTransaction(home.ctx, async (tx) => {
      await logSuccess(tx, tried);
      return refuse('raced');
    });
    assert.equal(outcome.ok, false);
    await logFailedAttempts(home, 1, 'ada');
    assert.deepEqual(await placesOf(home, 'ada'), [1, 2]);
    assert.deepEqual(await findingsIn(home.ctx), []);
  });

  test('takes an attempt back with the first transaction of a strand, and its registration too', async () => {
    await using home = await house(database);
    const tried = { action: 'login', accountId: home.root, userId: 'ada' };
    await withTransaction(home.ctx, async (tx) => {
      await logSuccess(tx, tried);
      return refuse('raced');
    });
    await logFailedAttempts(home, 1, 'bea');
    assert.deepEqual(await findingsIn(home.ctx), []);
  });

  test('has no two rows in one place', async () => {
    await using home = await house(database);
    await logFailedAttempts(home, 2, 'ada');
    const { db } = home.ctx.store;
    await assert.rejects(db.updateTable('attempts').set({ seq: 1 }).where('user_id', '=', 'ada').execute());
  });

  test('is written whole even where nobody opened a transaction', async () => {
    await using home = await house(database);
    await logFailedAttempts(home, 1, 'ada');
    // The strand moves first; then the row can't be written.
    await sql`alter table attempts rename to elsewhere`.execute(home.ctx.store.db);
    await logFailedAttempts(home, 1, 'ada');
    assert.equal(home.lines.length, 1);
    await sql`alter table elsewhere rename to attempts`.execute(home.ctx.store.db);
    await logFailedAttempts(home, 1, 'ada');
    assert.deepEqual(await placesOf(home, 'ada'), [1, 2]);
    assert.deepEqual(await findingsIn(home.ctx), []);
  });

  test('goes on in a transaction that others wait for', async () => {
    await using home = await house(database);
    const other = await home.node();
    const tried = { action: 'login', accountId: home.root, userId: 'ada' };
    const [first] = await Promise.all([
      withTransaction(home.ctx, async (tx) => {
        await logSuccess(tx, tried);
        return success('done');
      }),
      logFailedAttempts(other, 1, 'ada'),
    ]);
    assert.equal(first.ok, true);
    assert.deepEqual(await placesOf(home, 'ada'), [1, 2]);
  });
});
