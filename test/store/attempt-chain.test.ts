import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { refuse, success } from '../../src/base/outcome.ts';
import { logSuccess } from '../../src/engine/audit/log-attempt.ts';
import { withTransaction } from '../../src/engine/context.ts';
import { findingsIn, rowsOf, logFailedAttempts } from '../../kit/attempts.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { atOnce, startEngine, type TestEngine } from '../../kit/test-engine.ts';

const placesOf = async (engine: TestEngine, userId: string) => (await rowsOf(engine, userId)).map(({ seq }) => seq);

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

onEachDatabase('the chain of attempts', (database) => {
  test("gives a user's attempts one strand of their account, in which each has the next place", async () => {
    await using engine = await startEngine(database);
    await logFailedAttempts(engine, 3, 'ada');
    const rows = await rowsOf(engine, 'ada');
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      [1, 2, 3],
    );
    const strands = [...new Set(rows.map(({ strand }) => strand))];
    assert.match(strands.join(' and '), new RegExp(`^${engine.root}/[0-9a-f]$`));
    const key = engine.ring.mac.find(({ state }) => state === 'active');
    for (const { hash } of rows) assert.match(hash ?? '', new RegExp(`^${key?.id}\\.[\\w-]{43}$`));
  });

  test('keeps the attempts of different users, and those of nobody, in sixteen strands', async () => {
    await using engine = await startEngine(database);
    for (const user of upTo(100)) await logFailedAttempts(engine, 1, `user ${user}`);
    const strands = async () =>
      (await engine.ctx.store.db.selectFrom('attempts').select('strand').distinct().execute()).length;
    assert.equal(await strands(), 16);
    await atOnce(100, () => logFailedAttempts(engine, 1, '', { accountId: null, userId: null }));
    assert.equal(await strands(), 32);
  });

  test('has one place for each of 32 attempts at once of one user on two nodes', async () => {
    await using engine = await startEngine(database);
    const other = await engine.node();
    await atOnce(32, (at) => logFailedAttempts(at % 2 === 0 ? engine : other, 1, 'ada'));
    assert.deepEqual(await placesOf(engine, 'ada'), upTo(32));
    assert.deepEqual(await findingsIn(engine.ctx), []);
  });

  test('has no gap after 32 attempts at once of as many users on two nodes', async () => {
    await using engine = await startEngine(database);
    const other = await engine.node();
    await atOnce(32, (at) => logFailedAttempts(at % 2 === 0 ? engine : other, 2, `user ${at}`));
    assert.equal((await engine.ctx.store.db.selectFrom('attempts').select('id').execute()).length, 64);
    assert.deepEqual(engine.lines, []);
    assert.deepEqual(await findingsIn(engine.ctx), []);
  });

  test('gives the place of what was rolled back to the next', async () => {
    await using engine = await startEngine(database);
    await logFailedAttempts(engine, 1, 'ada');
    const tried = { action: 'login', accountId: engine.root, userId: 'ada' };
    const outcome = await withTransaction(engine.ctx, async (tx) => {
      await logSuccess(tx, tried);
      return refuse('raced');
    });
    assert.equal(outcome.ok, false);
    await logFailedAttempts(engine, 1, 'ada');
    assert.deepEqual(await placesOf(engine, 'ada'), [1, 2]);
    assert.deepEqual(await findingsIn(engine.ctx), []);
  });

  test('takes an attempt back with the first transaction of a strand, and its registration too', async () => {
    await using engine = await startEngine(database);
    const tried = { action: 'login', accountId: engine.root, userId: 'ada' };
    await withTransaction(engine.ctx, async (tx) => {
      await logSuccess(tx, tried);
      return refuse('raced');
    });
    await logFailedAttempts(engine, 1, 'bea');
    assert.deepEqual(await findingsIn(engine.ctx), []);
  });

  test('has no two rows in one place', async () => {
    await using engine = await startEngine(database);
    await logFailedAttempts(engine, 2, 'ada');
    const { db } = engine.ctx.store;
    await assert.rejects(db.updateTable('attempts').set({ seq: 1 }).where('user_id', '=', 'ada').execute());
  });

  test('is written whole even where nobody opened a transaction', async () => {
    await using engine = await startEngine(database);
    await logFailedAttempts(engine, 1, 'ada');
    // The strand moves first; then the row can't be written.
    await sql`alter table attempts rename to elsewhere`.execute(engine.ctx.store.db);
    await logFailedAttempts(engine, 1, 'ada');
    assert.equal(engine.lines.length, 1);
    await sql`alter table elsewhere rename to attempts`.execute(engine.ctx.store.db);
    await logFailedAttempts(engine, 1, 'ada');
    assert.deepEqual(await placesOf(engine, 'ada'), [1, 2]);
    assert.deepEqual(await findingsIn(engine.ctx), []);
  });

  test('goes on in a transaction that others wait for', async () => {
    await using engine = await startEngine(database);
    const other = await engine.node();
    const tried = { action: 'login', accountId: engine.root, userId: 'ada' };
    const [first] = await Promise.all([
      withTransaction(engine.ctx, async (tx) => {
        await logSuccess(tx, tried);
        return success('done');
      }),
      logFailedAttempts(other, 1, 'ada'),
    ]);
    assert.equal(first.ok, true);
    assert.deepEqual(await placesOf(engine, 'ada'), [1, 2]);
  });
});
