import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day } from '../../../src/base/clock.ts';
import { pruneAttempts } from '../../../src/engine/audit/prune-attempts.ts';
import { verifyStrayRows } from '../../../src/engine/audit/verify-stray-rows.ts';
import { brief, findingsIn, rowsOf, logFailedAttempts } from '../../../kit/attempts.ts';
import { onEachDatabase, type TestDatabase } from '../../../kit/databases.ts';
import { atOnce, house, type House } from '../../../kit/house.ts';
import { interrupted } from '../../../kit/interrupted.ts';

const prune = (home: House, before: number) => pruneAttempts(home.ctx, before, () => {});

/** Three attempts of each of two users, a day, and three more. */
async function twoDays(database: TestDatabase): Promise<House & AsyncDisposable & { readonly between: number }> {
  const home = await house(database);
  const tries = async () => {
    for (const user of ['ada', 'bea']) await logFailedAttempts(home, 3, user);
  };
  await tries();
  const between = home.clock.now() + 1;
  home.clock.tick(day);
  await tries();
  return { ...home, between };
}

const left = async (home: House, userId: string) => (await rowsOf(home, userId)).map(({ seq }) => seq);

onEachDatabase('pruning the log', (database) => {
  test('removes what is older than an instant and keeps the rest, which still verifies', async () => {
    await using home = await twoDays(database);
    const told: number[] = [];
    const pruned = await pruneAttempts(home.ctx, home.between, (rows) => told.push(rows));
    assert.deepEqual(pruned, { rows: 6, kept: [] });
    assert.equal(
      told.reduce((sum, rows) => sum + rows, 0),
      6,
    );
    assert.deepEqual(
      [await left(home, 'ada'), await left(home, 'bea')],
      [
        [4, 5, 6],
        [4, 5, 6],
      ],
    );
    assert.deepEqual(await findingsIn(home.ctx), []);
    await logFailedAttempts(home, 1, 'ada');
    assert.deepEqual(await left(home, 'ada'), [4, 5, 6, 7]);
    assert.deepEqual(await findingsIn(home.ctx), []);
  });

  test('is an attempt of the operator, written before anything goes', async () => {
    await using home = await twoDays(database);
    const stopped = () => {
      throw new Error('stopped');
    };
    await assert.rejects(pruneAttempts(home.ctx, home.between, stopped), /stopped/);
    const rows = await home.ctx.store.db
      .selectFrom('attempts')
      .select(['account_id', 'user_id', 'outcome', 'object_id'])
      .where('action', '=', 'attempts.prune')
      .execute();
    const object_id = new Date(home.between).toISOString();
    assert.deepEqual(rows, [{ account_id: home.root, user_id: null, outcome: 'success', object_id }]);
    assert.deepEqual(await findingsIn(home.ctx), []);
  });

  test('of nothing leaves no trace', async () => {
    await using home = await twoDays(database);
    const work = () => prune(home, home.clock.now() - 10 * day);
    assert.deepEqual(await home.logged(work), []);
    assert.deepEqual(await prune(home, home.clock.now() - 10 * day), { rows: 0, kept: [] });
  });

  test('of everything leaves strands that go on', async () => {
    await using home = await twoDays(database);
    home.clock.tick(1);
    assert.deepEqual(await prune(home, home.clock.now()), { rows: 12, kept: [] });
    assert.deepEqual(await findingsIn(home.ctx), []);
    await logFailedAttempts(home, 1, 'ada');
    assert.deepEqual(await left(home, 'ada'), [7]);
    assert.deepEqual(await findingsIn(home.ctx), []);
  });

  test('of more than a batch takes several', async () => {
    await using home = await house(database);
    const { ctx } = home;
    await ctx.store.db.transaction().execute(async (db) => {
      await logFailedAttempts({ ...home, ctx: { ...ctx, store: { ...ctx.store, db } } }, 1001, 'ada');
    });
    const told: number[] = [];
    const pruned = await pruneAttempts(ctx, home.clock.now(), (rows) => told.push(rows));
    assert.deepEqual([pruned, told], [{ rows: 1000, kept: [] }, [500, 500, 0]]);
    assert.deepEqual(await left(home, 'ada'), [1001]);
    assert.deepEqual(await findingsIn(ctx), []);
  });

  test('goes no further in a strand than to the first row that must stay', async () => {
    await using home = await house(database);
    await logFailedAttempts(home, 2, 'ada');
    const between = home.clock.now() + 1;
    home.clock.tick(day);
    await logFailedAttempts(home, 1, 'ada');
    // A node whose clock is slow.
    home.clock.tick(-2 * day);
    await logFailedAttempts(home, 1, 'ada');
    home.clock.tick(2 * day);
    assert.deepEqual(await prune(home, between), { rows: 2, kept: [] });
    assert.deepEqual(await left(home, 'ada'), [3, 4]);
    assert.deepEqual(await findingsIn(home.ctx), []);
  });

  test('hides no row that is changed or removed afterwards', async () => {
    await using home = await twoDays(database);
    await prune(home, home.between);
    const { db } = home.ctx.store;
    const [first, second] = await rowsOf(home, 'ada');
    assert.ok(first && second);
    await db.updateTable('attempts').set({ reason: null }).where('id', '=', second.id).execute();
    assert.deepEqual((await findingsIn(home.ctx)).map(brief), [['changed', first.strand, 5, second.id]]);
    await db.deleteFrom('attempts').where('id', '=', first.id).execute();
    assert.deepEqual((await findingsIn(home.ctx)).map(brief), [['removed', first.strand, 4, null]]);
  });

  test('does not come undone: a row that comes back is found, and an anchor that is moved', async () => {
    await using home = await twoDays(database);
    const { db } = home.ctx.store;
    const rows = await rowsOf(home, 'ada');
    const [, second, third, fourth] = rows;
    assert.ok(second && third && fourth?.strand);
    await prune(home, home.between);
    await db.insertInto('attempts').values(third).execute();
    assert.deepEqual((await findingsIn(home.ctx)).map(brief), [['added', third.strand, 3, third.id]]);
    await db.deleteFrom('attempts').where('id', 'in', [third.id, fourth.id]).execute();
    const chain = db.updateTable('attempt_chains').where('strand', '=', fourth.strand);
    await chain.set({ base_seq: 4, base_hash: fourth.hash ?? '' }).execute();
    assert.deepEqual((await findingsIn(home.ctx)).map(brief), [['changed', third.strand, 4, null]]);
    await chain.set({ base_seq: 0, base_hash: '', base_seal: '' }).execute();
    assert.deepEqual((await findingsIn(home.ctx)).map(brief), [['removed', third.strand, 1, null]]);
  });

  test("does not take another strand's beginning for its own", async () => {
    await using home = await twoDays(database);
    await prune(home, home.between);
    const { db } = home.ctx.store;
    const strand = async (userId: string) => (await rowsOf(home, userId))[0]?.strand ?? '';
    const [adas, beas] = [await strand('ada'), await strand('bea')];
    assert.notEqual(adas, beas);
    const from = await db.selectFrom('attempt_chains').selectAll().where('strand', '=', beas).executeTakeFirstOrThrow();
    const { base_seq, base_hash, base_seal } = from;
    await db.updateTable('attempt_chains').set({ base_seq, base_hash, base_seal }).where('strand', '=', adas).execute();
    assert.deepEqual((await findingsIn(home.ctx)).map(brief), [['changed', adas, 3, null]]);
  });

  test('keeps evidence: a strand that was changed among what is due stays, and is named', async () => {
    const changes: ((home: House, id: string, strand: string) => Promise<unknown>)[] = [
      ({ ctx: { store } }, id) => store.db.updateTable('attempts').set({ reason: null }).where('id', '=', id).execute(),
      ({ ctx: { store } }, id) => store.db.deleteFrom('attempts').where('id', '=', id).execute(),
      ({ ctx: { store } }, _id, strand) =>
        store.db.updateTable('attempt_chains').set({ base_hash: 'another' }).where('strand', '=', strand).execute(),
      ({ ctx: { store } }, _id, strand) => store.db.deleteFrom('attempt_chains').where('strand', '=', strand).execute(),
    ];
    for (const change of changes) {
      await using home = await twoDays(database);
      const [, second] = await rowsOf(home, 'ada');
      assert.ok(second?.strand);
      await change(home, second.id, second.strand);
      const before = await rowsOf(home, 'ada');
      assert.deepEqual(await prune(home, home.between), { rows: 3, kept: [second.strand] });
      assert.deepEqual(await rowsOf(home, 'ada'), before);
      assert.deepEqual(await left(home, 'bea'), [4, 5, 6]);
    }
  });

  test('by several at once removes each row once', async () => {
    await using home = await twoDays(database);
    const other = await home.node();
    const pruned = await atOnce(8, (at) => prune(at % 2 === 0 ? home : other, home.between));
    assert.equal(
      pruned.reduce((sum, { rows }) => sum + rows, 0),
      6,
    );
    assert.deepEqual(await findingsIn(home.ctx), []);
  });

  test('that finds another one ahead goes on from there', async () => {
    await using home = await twoDays(database);
    // Its own row in the log comes first, in a transaction of its own; then the first strand's.
    const late = interrupted(home.ctx, async () => assert.equal((await prune(home, home.between)).rows, 6), 2);
    assert.deepEqual(await pruneAttempts(late, home.between, () => {}), { rows: 0, kept: [] });
    assert.deepEqual(await findingsIn(home.ctx), []);
  });

  test('while people log in loses no place', async () => {
    await using home = await twoDays(database);
    const other = await home.node();
    await Promise.all([prune(home, home.between), atOnce(16, () => logFailedAttempts(other, 1, 'ada'))]);
    assert.equal((await rowsOf(home, 'ada')).at(-1)?.seq, 22);
    assert.deepEqual(await findingsIn(home.ctx), []);
  });

  test('takes rows that are older than the chains too, and their number with them', async () => {
    await using home = await house(database);
    const { db } = home.ctx.store;
    await logFailedAttempts(home, 3, 'ada');
    const rows = await rowsOf(home, 'ada');
    await db.deleteFrom('attempts').execute();
    await db.deleteFrom('attempt_chains').execute();
    await db.deleteFrom('attempt_register').execute();
    for (const row of rows)
      await db
        .insertInto('attempts')
        .values({ ...row, strand: null, seq: null, hash: null })
        .execute();
    await logFailedAttempts(home, 1, 'bea');
    assert.deepEqual(await prune(home, rows[2]?.at ?? 0), { rows: 2, kept: [] });
    assert.deepEqual(await verifyStrayRows(home.ctx, undefined), { older: 1, findings: [] });
    await db
      .deleteFrom('attempts')
      .where('id', '=', rows[2]?.id ?? '')
      .execute();
    assert.deepEqual((await findingsIn(home.ctx)).map(brief), [['removed', null, null, null]]);
  });
});
