import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day } from '../../../src/base/clock.ts';
import { pruneAttempts } from '../../../src/engine/audit/prune-attempts.ts';
import { verifyStrayRows } from '../../../src/engine/audit/verify-stray-rows.ts';
import { brief, findingsIn, rowsOf, logFailedAttempts } from '../../../kit/attempts.ts';
import { onEachDatabase, type TestDatabase } from '../../../kit/databases.ts';
import { atOnce, startEngine, type TestEngine } from '../../../kit/test-engine.ts';
import { interrupted } from '../../../kit/interrupted.ts';

const prune = (engine: TestEngine, before: number) => pruneAttempts(engine.ctx, before, () => {});

/** Three attempts of each of two users, a day, and three more. */
async function twoDays(database: TestDatabase): Promise<TestEngine & AsyncDisposable & { readonly between: number }> {
  const engine = await startEngine(database);
  const tries = async () => {
    for (const user of ['ada', 'bea']) await logFailedAttempts(engine, 3, user);
  };
  await tries();
  const between = engine.clock.now() + 1;
  engine.clock.tick(day);
  await tries();
  return { ...engine, between };
}

const left = async (engine: TestEngine, userId: string) => (await rowsOf(engine, userId)).map(({ seq }) => seq);

onEachDatabase('pruning the log', (database) => {
  test('removes what is older than an instant and keeps the rest, which still verifies', async () => {
    await using engine = await twoDays(database);
    const told: number[] = [];
    const pruned = await pruneAttempts(engine.ctx, engine.between, (rows) => told.push(rows));
    assert.deepEqual(pruned, { rows: 6, damaged: [] });
    assert.equal(
      told.reduce((sum, rows) => sum + rows, 0),
      6,
    );
    assert.deepEqual(
      [await left(engine, 'ada'), await left(engine, 'bea')],
      [
        [4, 5, 6],
        [4, 5, 6],
      ],
    );
    assert.deepEqual(await findingsIn(engine.ctx), []);
    await logFailedAttempts(engine, 1, 'ada');
    assert.deepEqual(await left(engine, 'ada'), [4, 5, 6, 7]);
    assert.deepEqual(await findingsIn(engine.ctx), []);
  });

  test('is an attempt of the operator, written before anything goes', async () => {
    await using engine = await twoDays(database);
    const stopped = () => {
      throw new Error('stopped');
    };
    await assert.rejects(pruneAttempts(engine.ctx, engine.between, stopped), /stopped/);
    const rows = await engine.ctx.store.db
      .selectFrom('attempts')
      .select(['account_id', 'user_id', 'outcome', 'object_id'])
      .where('action', '=', 'attempts.prune')
      .execute();
    const object_id = new Date(engine.between).toISOString();
    assert.deepEqual(rows, [{ account_id: engine.root, user_id: null, outcome: 'success', object_id }]);
    assert.deepEqual(await findingsIn(engine.ctx), []);
  });

  test('of nothing leaves no trace', async () => {
    await using engine = await twoDays(database);
    const work = () => prune(engine, engine.clock.now() - 10 * day);
    assert.deepEqual(await engine.logged(work), []);
    assert.deepEqual(await prune(engine, engine.clock.now() - 10 * day), { rows: 0, damaged: [] });
  });

  test('of everything leaves chains that go on', async () => {
    await using engine = await twoDays(database);
    engine.clock.tick(1);
    assert.deepEqual(await prune(engine, engine.clock.now()), { rows: 12, damaged: [] });
    assert.deepEqual(await findingsIn(engine.ctx), []);
    await logFailedAttempts(engine, 1, 'ada');
    assert.deepEqual(await left(engine, 'ada'), [7]);
    assert.deepEqual(await findingsIn(engine.ctx), []);
  });

  test('of more than a batch takes several', async () => {
    await using engine = await startEngine(database);
    const { ctx } = engine;
    await ctx.store.db.transaction().execute(async (db) => {
      await logFailedAttempts({ ...engine, ctx: { ...ctx, store: { ...ctx.store, db } } }, 1001, 'ada');
    });
    const told: number[] = [];
    const pruned = await pruneAttempts(ctx, engine.clock.now(), (rows) => told.push(rows));
    assert.deepEqual([pruned, told], [{ rows: 1000, damaged: [] }, [500, 500, 0]]);
    assert.deepEqual(await left(engine, 'ada'), [1001]);
    assert.deepEqual(await findingsIn(ctx), []);
  });

  test('goes no further in a chain than to the first row that must stay', async () => {
    await using engine = await startEngine(database);
    await logFailedAttempts(engine, 2, 'ada');
    const between = engine.clock.now() + 1;
    engine.clock.tick(day);
    await logFailedAttempts(engine, 1, 'ada');
    // A node whose clock is slow.
    engine.clock.tick(-2 * day);
    await logFailedAttempts(engine, 1, 'ada');
    engine.clock.tick(2 * day);
    assert.deepEqual(await prune(engine, between), { rows: 2, damaged: [] });
    assert.deepEqual(await left(engine, 'ada'), [3, 4]);
    assert.deepEqual(await findingsIn(engine.ctx), []);
  });

  test('hides no row that is changed or removed afterwards', async () => {
    await using engine = await twoDays(database);
    await prune(engine, engine.between);
    const { db } = engine.ctx.store;
    const [first, second] = await rowsOf(engine, 'ada');
    assert.ok(first && second);
    await db.updateTable('attempts').set({ reason: null }).where('id', '=', second.id).execute();
    assert.deepEqual((await findingsIn(engine.ctx)).map(brief), [['changed', first.strand, 5, second.id]]);
    await db.deleteFrom('attempts').where('id', '=', first.id).execute();
    assert.deepEqual((await findingsIn(engine.ctx)).map(brief), [['removed', first.strand, 4, null]]);
  });

  test('does not come undone: a row that comes back is found, and an anchor that is moved', async () => {
    await using engine = await twoDays(database);
    const { db } = engine.ctx.store;
    const rows = await rowsOf(engine, 'ada');
    const [, second, third, fourth] = rows;
    assert.ok(second && third && fourth?.strand);
    await prune(engine, engine.between);
    await db.insertInto('attempts').values(third).execute();
    assert.deepEqual((await findingsIn(engine.ctx)).map(brief), [['added', third.strand, 3, third.id]]);
    await db.deleteFrom('attempts').where('id', 'in', [third.id, fourth.id]).execute();
    const chain = db.updateTable('attempt_chains').where('strand', '=', fourth.strand);
    await chain.set({ base_seq: 4, base_hash: fourth.hash ?? '' }).execute();
    assert.deepEqual((await findingsIn(engine.ctx)).map(brief), [['changed', third.strand, 4, null]]);
    await chain.set({ base_seq: 0, base_hash: '', base_seal: '' }).execute();
    assert.deepEqual((await findingsIn(engine.ctx)).map(brief), [['removed', third.strand, 1, null]]);
  });

  test("does not take another chain's beginning for its own", async () => {
    await using engine = await twoDays(database);
    await prune(engine, engine.between);
    const { db } = engine.ctx.store;
    const strand = async (userId: string) => (await rowsOf(engine, userId))[0]?.strand ?? '';
    const [adas, beas] = [await strand('ada'), await strand('bea')];
    assert.notEqual(adas, beas);
    const from = await db.selectFrom('attempt_chains').selectAll().where('strand', '=', beas).executeTakeFirstOrThrow();
    const { base_seq, base_hash, base_seal } = from;
    await db.updateTable('attempt_chains').set({ base_seq, base_hash, base_seal }).where('strand', '=', adas).execute();
    assert.deepEqual((await findingsIn(engine.ctx)).map(brief), [['changed', adas, 3, null]]);
  });

  test('keeps evidence: a chain that was changed among what is due stays, and is named', async () => {
    const changes: ((engine: TestEngine, id: string, strand: string) => Promise<unknown>)[] = [
      ({ ctx: { store } }, id) => store.db.updateTable('attempts').set({ reason: null }).where('id', '=', id).execute(),
      ({ ctx: { store } }, id) => store.db.deleteFrom('attempts').where('id', '=', id).execute(),
      ({ ctx: { store } }, _id, strand) =>
        store.db.updateTable('attempt_chains').set({ base_hash: 'another' }).where('strand', '=', strand).execute(),
      ({ ctx: { store } }, _id, strand) => store.db.deleteFrom('attempt_chains').where('strand', '=', strand).execute(),
    ];
    for (const change of changes) {
      await using engine = await twoDays(database);
      const [, second] = await rowsOf(engine, 'ada');
      assert.ok(second?.strand);
      await change(engine, second.id, second.strand);
      const before = await rowsOf(engine, 'ada');
      assert.deepEqual(await prune(engine, engine.between), { rows: 3, damaged: [second.strand] });
      assert.deepEqual(await rowsOf(engine, 'ada'), before);
      assert.deepEqual(await left(engine, 'bea'), [4, 5, 6]);
    }
  });

  test('by several at once removes each row once', async () => {
    await using engine = await twoDays(database);
    const other = await engine.node();
    const pruned = await atOnce(8, (at) => prune(at % 2 === 0 ? engine : other, engine.between));
    assert.equal(
      pruned.reduce((sum, { rows }) => sum + rows, 0),
      6,
    );
    assert.deepEqual(await findingsIn(engine.ctx), []);
  });

  test('that finds another one ahead goes on from there', async () => {
    await using engine = await twoDays(database);
    // Its own row in the log comes first, in a transaction of its own; then the first chain's.
    const late = interrupted(engine.ctx, async () => assert.equal((await prune(engine, engine.between)).rows, 6), 2);
    assert.deepEqual(await pruneAttempts(late, engine.between, () => {}), { rows: 0, damaged: [] });
    assert.deepEqual(await findingsIn(engine.ctx), []);
  });

  test('while people log in loses no place', async () => {
    await using engine = await twoDays(database);
    const other = await engine.node();
    await Promise.all([prune(engine, engine.between), atOnce(16, () => logFailedAttempts(other, 1, 'ada'))]);
    assert.equal((await rowsOf(engine, 'ada')).at(-1)?.seq, 22);
    assert.deepEqual(await findingsIn(engine.ctx), []);
  });

  test('takes rows that are older than the chains too, and their number with them', async () => {
    await using engine = await startEngine(database);
    const { db } = engine.ctx.store;
    await logFailedAttempts(engine, 3, 'ada');
    const rows = await rowsOf(engine, 'ada');
    await db.deleteFrom('attempts').execute();
    await db.deleteFrom('attempt_chains').execute();
    await db.deleteFrom('attempt_register').execute();
    for (const row of rows)
      await db
        .insertInto('attempts')
        .values({ ...row, strand: null, seq: null, hash: null })
        .execute();
    await logFailedAttempts(engine, 1, 'bea');
    assert.deepEqual(await prune(engine, rows[2]?.at ?? 0), { rows: 2, damaged: [] });
    assert.deepEqual(await verifyStrayRows(engine.ctx, undefined), { older: 1, findings: [] });
    await db
      .deleteFrom('attempts')
      .where('id', '=', rows[2]?.id ?? '')
      .execute();
    assert.deepEqual((await findingsIn(engine.ctx)).map(brief), [['removed', null, null, null]]);
  });
});
