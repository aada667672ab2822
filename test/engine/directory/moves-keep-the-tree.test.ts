import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sql } from 'kysely';
import { makeAccount, reachAccount, removeAccount } from '../../../src/engine/operations.ts';
import type { RequestContext } from '../../../src/engine/context.ts';
import { lockTree } from '../../../src/store/account-tree.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { atOnce, unwrap, startEngine, type TestEngine } from '../../../kit/test-engine.ts';
import { add, assertTree, move, placesOf, refusal, requiring, say, town, walked } from './move-help.ts';

/** The root and two branches, each so long that not every part of one fits below every part of the other. */
const rungs = 20;
const anyRung = fc.nat({ max: 2 * rungs });

async function branches(engine: TestEngine): Promise<Map<string, string | null>> {
  const parents = new Map<string, string | null>([[engine.root, null]]);
  for (const branch of ['left', 'right']) {
    let parent = engine.root;
    for (let rung = 1; rung <= rungs; rung += 1) {
      const id = await add(engine, `${branch} ${rung}`, parent);
      parents.set(id, parent);
      parent = id;
    }
  }
  return parents;
}

/** What a move comes to, and its place in the tree where it does: by walking from parent to parent. */
function modelled(parents: Map<string, string | null>, account: string, to: string): string {
  const upwards = (id: string): readonly string[] => {
    const parent = parents.get(id);
    return typeof parent === 'string' ? [id, ...upwards(parent)] : [id];
  };
  if (parents.get(account) === null) return 'forbidden';
  if (parents.get(account) === to) return 'moved';
  if (upwards(to).includes(account)) return 'below_itself';
  const heights = [...parents.keys()].map((id) => upwards(id).indexOf(account));
  if (upwards(to).length + Math.max(...heights) > 32) return 'too_deep';
  parents.set(account, to);
  return 'moved';
}

onEachDatabase('the tree of accounts', (database) => {
  test('is after any moves what walking from parent to parent finds', async () => {
    const script = fc.array(fc.tuple(anyRung, anyRung), { minLength: 10, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(script, async (moves) => {
        await using engine = await startEngine(database);
        const { caller: by } = await engine.addPerson('admin', { roles: ['admin'] });
        const parents = await branches(engine);
        const ids = [...parents.keys()];
        for (const [one, other] of moves) {
          const [account = '', to = ''] = [ids[one], ids[other]];
          const expected = modelled(parents, account, to);
          assert.equal(refusal(await move(engine.ctx, { by, account, to })), expected);
        }
        assert.deepEqual(await placesOf(engine.ctx.store.db), walked(parents));
      }),
      { numRuns: 10 },
    );
  });

  test('is right when two accounts are moved below each other at once: one of them moves', async () => {
    await using engine = await startEngine(database);
    const { east, west, acme, boss } = await town(engine);
    const nodes = [engine, await engine.node()] as const;
    for (let round = 0; round < 10; round += 1) {
      const outcomes = await atOnce(2, async (at) => {
        const [account, to] = at === 0 ? [east, west] : [west, east];
        return move(nodes[at === 0 ? 0 : 1].ctx, { by: boss, account, to });
      });
      assert.deepEqual(outcomes.map(refusal).toSorted(), ['below_itself', 'moved']);
      await assertTree(engine);
      for (const account of [east, west]) unwrap(await move(engine.ctx, { by: boss, account, to: acme }));
    }
  });

  // SQLite has one writer.
  const skip = database.flavour === 'sqlite';
  test('is held by whoever changes it, or writes what rests on it: all others wait', { skip }, async () => {
    await using engine = await startEngine(database);
    const { east, west, cellar, boss } = await town(engine);
    const reached = unwrap(await reachAccount(engine.ctx, boss, cellar));
    const deeds: Readonly<Record<string, (ctx: RequestContext) => Promise<{ readonly ok: boolean }>>> = {
      'a move': (ctx) => move(ctx, { by: boss, account: cellar, to: west }),
      'a child': (ctx) => makeAccount(ctx, boss, { parent: reached, profile: { name: 'vault', realm: null } }),
      'a policy': (ctx) => say(ctx, boss, west, requiring({})),
      'a removal': async (ctx) => removeAccount(ctx, boss, unwrap(await reachAccount(ctx, boss, east))),
    };
    const node = await engine.node();
    for (const [what, deed] of Object.entries(deeds)) {
      let over = false;
      const waiting = await engine.ctx.store.db.transaction().execute(async (db) => {
        await lockTree({ ...engine.ctx.store, db });
        const done = deed(node.ctx).finally(() => (over = true));
        // It gets as far as it can.
        await sql`select pg_sleep(0.2)`.execute(db);
        assert.equal(over, false, what);
        return { done };
      });
      assert.equal((await waiting.done).ok, true, what);
    }
    await assertTree(engine);
  });

  test('is right when accounts are moved, made and removed at once', async () => {
    await using engine = await startEngine(database);
    const { acme, east, west, cellar, boss } = await town(engine);
    const nodes = [engine, await engine.node()] as const;
    for (let round = 0; round < 10; round += 1) {
      const leaf = unwrap(await reachAccount(engine.ctx, boss, await add(engine, `leaf ${round}`, cellar)));
      const parent = unwrap(await reachAccount(engine.ctx, boss, cellar));
      const deeds = [
        (ctx: RequestContext) => move(ctx, { by: boss, account: east, to: round % 2 === 0 ? west : acme }),
        (ctx: RequestContext) =>
          makeAccount(ctx, boss, { parent: parent, profile: { name: `child ${round}`, realm: null } }),
        (ctx: RequestContext) => removeAccount(ctx, boss, leaf),
        (ctx: RequestContext) =>
          makeAccount(ctx, boss, { parent: leaf, profile: { name: `last ${round}`, realm: null } }),
      ];
      const outcomes = await Promise.all(deeds.map(async (deed, at) => deed(nodes[at % 2 === 0 ? 0 : 1].ctx)));
      const [moved, made, removed, last] = outcomes.map(({ ok }) => ok);
      assert.deepEqual([moved, made, removed !== last], [true, true, true]);
      await assertTree(engine);
    }
  });
});
