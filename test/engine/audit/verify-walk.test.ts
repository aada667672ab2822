import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeKeyRing } from '../../../src/base/keys.ts';
import { verifyStrayRows } from '../../../src/engine/audit/verify-stray-rows.ts';
import { verifyChains } from '../../../src/engine/audit/verify-chains.ts';
import { pruneAttempts } from '../../../src/engine/audit/prune-attempts.ts';
import { brief, findingsIn, rowsOf, logFailedAttempts } from '../../../kit/attempts.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { startEngine } from '../../../kit/test-engine.ts';
import { seededRandom } from '../../../kit/random.ts';
import { scene } from './verify-help.ts';

onEachDatabase('verification page by page', (database) => {
  test('reads a chain of several pages', async () => {
    await using engine = await startEngine(database);
    const { ctx } = engine;
    await ctx.store.db.transaction().execute(async (db) => {
      await logFailedAttempts({ ...engine, ctx: { ...ctx, store: { ...ctx.store, db } } }, 501, 'ada');
    });
    const pages: number[] = [];
    const verified = [];
    for await (const one of verifyChains(ctx, undefined, (rows) => pages.push(rows))) verified.push(one);
    assert.deepEqual([verified[0]?.rows, pages], [501, [250, 250, 1]]);
    const [first] = (await rowsOf(engine, 'ada')).slice(400);
    await ctx.store.db
      .updateTable('attempts')
      .set({ reason: null })
      .where('id', '=', first?.id ?? '')
      .execute();
    assert.deepEqual((await findingsIn(ctx)).map(brief), [['changed', first?.strand, 401, first?.id]]);
  });

  test('takes what is pruned during the walk for no loss', async () => {
    await using engine = await scene(database);
    let left = 1;
    const { ctx } = engine;
    engine.clock.tick(1);
    const meanwhile = async () => {
      left -= 1;
      if (left === 0) assert.equal((await pruneAttempts(ctx, engine.clock.now(), () => {})).rows, 12);
    };
    const db = new Proxy(engine.db, {
      get(target, member) {
        const own: unknown = Reflect.get(target, member, target);
        if (typeof own !== 'function') return own;
        if (member !== 'selectFrom') return own.bind(target) as unknown;
        return (from: 'attempts') =>
          from === 'attempts' ? waiting(target.selectFrom(from), meanwhile) : target.selectFrom(from);
      },
    });
    assert.deepEqual(await findingsIn({ ...ctx, store: { ...ctx.store, db } }), []);
    assert.ok(left <= 0);
  });

  test('holds for rows of a key that was retired, and for none of a key that is not in the ring', async () => {
    await using engine = await scene(database);
    const [old] = engine.ring.mac;
    const [active] = makeKeyRing(seededRandom('next')).mac;
    assert.ok(old && active);
    const next = await engine.node({ ring: { ...engine.ring, mac: [{ ...old, state: 'retired' }, active] } });
    assert.deepEqual(await findingsIn(next.ctx), []);
    await logFailedAttempts(next, 2, 'ada');
    assert.deepEqual(await findingsIn(next.ctx), []);
    const hashes = (await rowsOf(engine, 'ada')).map(({ hash }) => hash?.split('.')[0]);
    assert.deepEqual(hashes, [...Array<string>(6).fill(old.id), active.id, active.id]);
    await pruneAttempts(next.ctx, engine.at(6).at + 1, () => {});
    assert.deepEqual(await findingsIn(next.ctx), []);
    const thief = await engine.node({ ring: { ...engine.ring, mac: [active] } });
    assert.ok((await findingsIn(thief.ctx)).length > 0);
  });

  test('says how many rows are older than the chains, and finds one too few or too many', async () => {
    await using engine = await startEngine(database);
    const { db } = engine.ctx.store;
    const older = (id: string) => ({ id, at: 1, account_id: engine.root, action: 'login', outcome: 'failed' as const });
    const empty = { user_id: null, auth_module: null, factor: null, reason: null, session_id: null };
    const nobody = { ...empty, client_ip: null, user_agent: null, request_id: null };
    for (const id of ['202601-a', '202601-b', '202601-c'])
      await db
        .insertInto('attempts')
        .values({ ...older(id), ...nobody })
        .execute();
    await logFailedAttempts(engine, 1, 'ada');
    assert.deepEqual(await verifyStrayRows(engine.ctx, undefined), { older: 3, findings: [] });
    assert.deepEqual(await verifyStrayRows(engine.ctx, engine.root), { older: 3, findings: [] });
    await db
      .insertInto('attempts')
      .values({ ...older('202601-aa'), ...nobody })
      .execute();
    assert.deepEqual((await findingsIn(engine.ctx)).map(brief), [['added', null, null, null]]);
    await db.deleteFrom('attempts').where('id', 'in', ['202601-a', '202601-aa']).execute();
    assert.deepEqual((await findingsIn(engine.ctx)).map(brief), [['removed', null, null, null]]);
    // One gone and one slipped in are as many as before.
    await db
      .insertInto('attempts')
      .values({ ...older('202699-z'), ...nobody })
      .execute();
    assert.deepEqual((await findingsIn(engine.ctx)).map(brief), [['added', null, null, '202699-z']]);
  });
});

/** A query that is asked after something else has happened. */
function waiting<Query extends object>(query: Query, meanwhile: () => Promise<unknown>): Query {
  return new Proxy(query, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name, target);
      if (typeof own !== 'function') return own;
      if (name === 'execute') return async () => (await meanwhile(), (own as () => unknown).call(target));
      return (...given: unknown[]) => {
        const next: unknown = own.apply(target, given);
        return typeof next === 'object' && next !== null ? waiting(next, meanwhile) : next;
      };
    },
  });
}
