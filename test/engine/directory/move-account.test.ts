import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sql } from 'kysely';
import {
  explain,
  makeAccount,
  moveAccount,
  reachAccount,
  removeAccount,
  writeSecurityOf,
} from '../../../src/engine/operations.ts';
import type { AuthModulesConfig } from '../../../src/engine/policy/configuration.ts';
import type { Context, RequestContext } from '../../../src/engine/context.ts';
import type { Caller } from '../../../src/engine/session/authenticate.ts';
import { holdTree } from '../../../src/store/account-tree.ts';
import { insertAccount } from '../../../src/store/accounts.ts';
import { insertProvider } from '../../../src/store/providers.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { atOnce, got, house, interrupted, type House } from '../../../kit/house.ts';

/** An account below another, under an id that a configuration may name. */
async function add(home: House, name: string, parentId: string): Promise<string> {
  const id = Buffer.from(name).toString('hex').padStart(32, '0');
  await insertAccount(home.ctx.store, { id, parentId, name }, home.clock.now());
  return id;
}

/** root → acme → (east → cellar, west), and an administrator of acme. */
async function town(home: House) {
  const acme = await add(home, 'acme', home.root);
  const [east, west] = [await add(home, 'east', acme), await add(home, 'west', acme)];
  const cellar = await add(home, 'cellar', east);
  const { caller } = await home.addPerson('boss', { roles: ['admin'], account: acme });
  const { caller: top } = await home.addPerson('admin', { roles: ['admin'] });
  return { acme, east, west, cellar, boss: caller, top };
}

type Move = { readonly by: Caller; readonly account: string; readonly to: string };

/** Looks both accounts up and moves one below the other; `moving` is where it writes. */
async function move(ctx: RequestContext, { by, account, to }: Move, moving = ctx) {
  const pair = { account: got(await reachAccount(ctx, by, account)), parent: got(await reachAccount(ctx, by, to)) };
  return moveAccount(moving, by, pair);
}

const refusal = (outcome: Awaited<ReturnType<typeof move>>) => (outcome.ok ? 'moved' : outcome.reason);

const rowsOf = async ({ ctx: { store } }: House) =>
  JSON.stringify([
    await store.db.selectFrom('accounts').selectAll().orderBy('id').execute(),
    await placesOf(store.db),
    await store.db.selectFrom('attempts').selectAll().orderBy('id').execute(),
  ]);

/** Who stands above whom, as the tree keeps it. */
async function placesOf(db: Context['store']['db']): Promise<readonly string[]> {
  const rows = await db.selectFrom('account_ancestors').selectAll().execute();
  return rows.map(({ account_id, ancestor_id, depth }) => `${account_id} ${ancestor_id} ${depth}`).toSorted();
}

/** The same, by walking up from parent to parent. An account that stands below itself fails the test. */
function walked(parents: ReadonlyMap<string, string | null>): readonly string[] {
  const places: string[] = [];
  for (const id of parents.keys()) {
    let depth = 0;
    for (let above: string | null | undefined = id; typeof above === 'string'; above = parents.get(above)) {
      places.push(`${id} ${above} ${depth}`);
      depth += 1;
      assert.ok(depth <= parents.size, `${id} stands below itself`);
    }
  }
  return places.toSorted();
}

async function parentsIn({ ctx: { store } }: House): Promise<ReadonlyMap<string, string | null>> {
  const rows = await store.db.selectFrom('accounts').select(['id', 'parent_id']).execute();
  return new Map(rows.map(({ id, parent_id }) => [id, parent_id]));
}

async function assertTree(home: House): Promise<void> {
  assert.deepEqual(await placesOf(home.ctx.store.db), walked(await parentsIn(home)));
}

const requiring = (more: object): AuthModulesConfig => ({ user_auth: { multi_factor: { enabled: true, ...more } } });

async function say(ctx: RequestContext, by: Caller, id: string, config: AuthModulesConfig) {
  return writeSecurityOf(ctx, by, { account: got(await reachAccount(ctx, by, id)), config, revision: 0 });
}

/** A provider of an account, which shares it with all below. */
async function share(home: House, by: Caller, accountId: string): Promise<{ configuration_id: string }> {
  const id = accountId.replace(/^00/, 'ff');
  const made = { id, accountId, providerName: 'totp', name: null, enabled: true, settings: {} };
  await insertProvider(home.ctx.store, made, home.clock.now());
  got(await say(home.ctx, by, accountId, { user_auth: { multi_factor: { include_subaccounts: true } } }));
  return { configuration_id: id };
}

onEachDatabase('an account', (database) => {
  test('moves with all below it, which then is reached from its new place and no more from its old one', async () => {
    await using home = await house(database);
    const { east, west, cellar, boss } = await town(home);
    const added = await add(home, 'vault', cellar);
    const before = got(await reachAccount(home.ctx, boss, cellar));
    const logged = await home.logged(async () => {
      const moved = got(await move(home.ctx, { by: boss, account: cellar, to: west }));
      assert.deepEqual(moved, { ...before, parentId: west, revision: 1 });
      assert.deepEqual(got(await reachAccount(home.ctx, boss, cellar)), moved);
    });
    assert.deepEqual(
      logged.map(({ action, outcome, userId }) => [action, outcome, userId]),
      [['account.move', 'success', boss.userId]],
    );
    await assertTree(home);
    for (const [account, ok] of [
      [west, true],
      [east, false],
    ] as const) {
      const { caller } = await home.addPerson(`boss of ${account}`, { roles: ['admin'], account });
      for (const id of [cellar, added]) assert.equal((await reachAccount(home.ctx, caller, id)).ok, ok);
    }
  });

  test('is not moved by its own administrators, and so the root by nobody', async () => {
    await using home = await house(database);
    const { acme, west, boss, top } = await town(home);
    const before = await rowsOf(home);
    assert.equal(refusal(await move(home.ctx, { by: boss, account: acme, to: west })), 'forbidden');
    assert.equal(refusal(await move(home.ctx, { by: top, account: 'root', to: west })), 'forbidden');
    assert.equal(await rowsOf(home), before);
    assert.equal(refusal(await move(home.ctx, { by: top, account: west, to: 'root' })), 'moved');
  });

  test('does not stand below itself', async () => {
    await using home = await house(database);
    const { east, cellar, boss } = await town(home);
    const before = await rowsOf(home);
    for (const to of [east, cellar])
      assert.equal(refusal(await move(home.ctx, { by: boss, account: east, to })), 'below_itself');
    assert.equal(await rowsOf(home), before);
  });

  test('that has the parent already stays as it is', async () => {
    await using home = await house(database);
    const { acme, east, boss } = await town(home);
    const before = await rowsOf(home);
    const kept = got(await move(home.ctx, { by: boss, account: east, to: acme }));
    assert.deepEqual(kept, got(await reachAccount(home.ctx, boss, east)));
    assert.equal(await rowsOf(home), before);
  });

  test('moves as far down as the tree goes for the deepest below it', async () => {
    await using home = await house(database);
    const { east, cellar, west, boss } = await town(home);
    const ladder = [west];
    for (let depth = 3; depth <= 31; depth += 1) ladder.push(await add(home, `level ${depth}`, ladder.at(-1) ?? ''));
    const [above = '', lowest = ''] = ladder.slice(-2);
    const before = await rowsOf(home);
    assert.equal(refusal(await move(home.ctx, { by: boss, account: east, to: lowest })), 'too_deep');
    assert.equal(await rowsOf(home), before);
    assert.equal(refusal(await move(home.ctx, { by: boss, account: east, to: above })), 'moved');
    await assertTree(home);
    assert.equal(refusal(await move(home.ctx, { by: boss, account: cellar, to: lowest })), 'moved');
  });

  test('that was changed, or taken out of reach, since it was looked up does not move', async () => {
    await using home = await house(database);
    const { acme, east, west, cellar, boss, top } = await town(home);
    const other = await add(home, 'other', home.root);
    const meanwhile = (work: Move) => interrupted(home.ctx, async () => got(await move(home.ctx, work)));
    const pulled = { by: boss, account: cellar, to: west };
    const changed = meanwhile({ by: boss, account: cellar, to: acme });
    assert.equal(refusal(await move(home.ctx, pulled, changed)), 'raced');
    got(await move(home.ctx, { ...pulled, to: east }));
    // With the account above it, so that its own revision says nothing of it.
    const gone = meanwhile({ by: top, account: east, to: other });
    assert.equal(refusal(await move(home.ctx, pulled, gone)), 'not_found');
    got(await move(home.ctx, { by: top, account: east, to: acme }));
    const without = meanwhile({ by: top, account: west, to: other });
    assert.equal(refusal(await move(home.ctx, pulled, without)), 'not_found');
    await assertTree(home);
  });
});

onEachDatabase('what an account says', (database) => {
  test('keeps it where a provider that is named there is above it', async () => {
    await using home = await house(database);
    const { acme, east, west, cellar, boss } = await town(home);
    const named = { ...(await share(home, boss, east)), account_id: east };
    got(await say(home.ctx, boss, cellar, requiring(named)));
    const vault = await add(home, 'vault', cellar);
    const before = await rowsOf(home);
    for (const to of [west, acme])
      assert.equal(refusal(await move(home.ctx, { by: boss, account: cellar, to })), 'in_use');
    assert.equal(await rowsOf(home), before);
    // What names it moves along with it, or stays below it; what names nothing is free.
    const hall = await add(home, 'hall', east);
    assert.equal(refusal(await move(home.ctx, { by: boss, account: cellar, to: hall })), 'moved');
    assert.equal(refusal(await move(home.ctx, { by: boss, account: hall, to: west })), 'in_use');
    for (const to of [east, hall])
      assert.equal(refusal(await move(home.ctx, { by: boss, account: cellar, to })), 'moved');
    assert.equal(refusal(await move(home.ctx, { by: boss, account: vault, to: west })), 'moved');
    assert.equal(refusal(await move(home.ctx, { by: boss, account: east, to: west })), 'moved');
    await assertTree(home);
  });

  test('moves with it where the provider is its own, or of an account above both places', async () => {
    await using home = await house(database);
    const { acme, east, west, cellar, boss, top } = await town(home);
    got(await say(home.ctx, boss, cellar, requiring({ ...(await share(home, top, acme)), account_id: acme })));
    assert.equal(refusal(await move(home.ctx, { by: boss, account: cellar, to: west })), 'moved');
    await share(home, boss, east);
    assert.equal(refusal(await move(home.ctx, { by: boss, account: east, to: cellar })), 'moved');
    assert.equal(refusal(await move(home.ctx, { by: top, account: west, to: 'root' })), 'in_use');
  });

  test('and a move at the same time do not pass each other', async () => {
    await using home = await house(database);
    const { east, west, cellar, boss } = await town(home);
    const named = requiring({ ...(await share(home, boss, east)), account_id: east });
    const out = { by: boss, account: cellar, to: west };
    const moving = interrupted(home.ctx, async () => got(await move(home.ctx, out)));
    assert.deepEqual(await say(moving, boss, cellar, named), { ok: false, reason: 'unknown_configuration' });
    got(await move(home.ctx, { ...out, to: east }));
    const saying = interrupted(home.ctx, async () => got(await say(home.ctx, boss, cellar, named)));
    assert.equal(refusal(await move(home.ctx, out, saying)), 'in_use');
  });

  test('is what holds where it has come to, and what is required above both places holds as before', async () => {
    await using home = await house(database);
    const { acme, east, west, cellar, boss, top } = await town(home);
    const user = await home.addUser({ name: 'ada', account: cellar });
    const requiredBy = async () => (await explain(home.ctx, user, 'user_auth')).requiredBy;
    got(await say(home.ctx, boss, east, requiring({ include_subaccounts: true })));
    assert.equal(await requiredBy(), east);
    got(await move(home.ctx, { by: boss, account: cellar, to: west }));
    assert.equal(await requiredBy(), undefined);
    got(await say(home.ctx, top, acme, requiring({ include_subaccounts: true })));
    got(await move(home.ctx, { by: boss, account: cellar, to: acme }));
    assert.equal(await requiredBy(), acme);
  });
});

/** The root and two branches, each so long that not every part of one fits below every part of the other. */
const rungs = 20;
const anyRung = fc.nat({ max: 2 * rungs });

async function branches(home: House): Promise<Map<string, string | null>> {
  const parents = new Map<string, string | null>([[home.root, null]]);
  for (const branch of ['left', 'right']) {
    let parent = home.root;
    for (let rung = 1; rung <= rungs; rung += 1) {
      const id = await add(home, `${branch} ${rung}`, parent);
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
        await using home = await house(database);
        const { caller: by } = await home.addPerson('admin', { roles: ['admin'] });
        const parents = await branches(home);
        const ids = [...parents.keys()];
        for (const [one, other] of moves) {
          const [account = '', to = ''] = [ids[one], ids[other]];
          const expected = modelled(parents, account, to);
          assert.equal(refusal(await move(home.ctx, { by, account, to })), expected);
        }
        assert.deepEqual(await placesOf(home.ctx.store.db), walked(parents));
      }),
      { numRuns: 10 },
    );
  });

  test('is right when two accounts are moved below each other at once: one of them moves', async () => {
    await using home = await house(database);
    const { east, west, acme, boss } = await town(home);
    const nodes = [home, await home.node()] as const;
    for (let round = 0; round < 10; round += 1) {
      const outcomes = await atOnce(2, async (at) => {
        const [account, to] = at === 0 ? [east, west] : [west, east];
        return move(nodes[at === 0 ? 0 : 1].ctx, { by: boss, account, to });
      });
      assert.deepEqual(outcomes.map(refusal).toSorted(), ['below_itself', 'moved']);
      await assertTree(home);
      for (const account of [east, west]) got(await move(home.ctx, { by: boss, account, to: acme }));
    }
  });

  // SQLite has one writer.
  const skip = database.flavour === 'sqlite';
  test('is held by whoever changes it, or writes what rests on it: all others wait', { skip }, async () => {
    await using home = await house(database);
    const { east, west, cellar, boss } = await town(home);
    const reached = got(await reachAccount(home.ctx, boss, cellar));
    const deeds: Readonly<Record<string, (ctx: RequestContext) => Promise<{ readonly ok: boolean }>>> = {
      'a move': (ctx) => move(ctx, { by: boss, account: cellar, to: west }),
      'a child': (ctx) => makeAccount(ctx, boss, { parent: reached, profile: { name: 'vault', realm: null } }),
      'a policy': (ctx) => say(ctx, boss, west, requiring({})),
      'a removal': async (ctx) => removeAccount(ctx, boss, got(await reachAccount(ctx, boss, east))),
    };
    const node = await home.node();
    for (const [what, deed] of Object.entries(deeds)) {
      let over = false;
      const waiting = await home.ctx.store.db.transaction().execute(async (db) => {
        await holdTree({ ...home.ctx.store, db });
        const done = deed(node.ctx).finally(() => (over = true));
        // It gets as far as it can.
        await sql`select pg_sleep(0.2)`.execute(db);
        assert.equal(over, false, what);
        return { done };
      });
      assert.equal((await waiting.done).ok, true, what);
    }
    await assertTree(home);
  });

  test('is right when accounts are moved, made and removed at once', async () => {
    await using home = await house(database);
    const { acme, east, west, cellar, boss } = await town(home);
    const nodes = [home, await home.node()] as const;
    for (let round = 0; round < 10; round += 1) {
      const leaf = got(await reachAccount(home.ctx, boss, await add(home, `leaf ${round}`, cellar)));
      const parent = got(await reachAccount(home.ctx, boss, cellar));
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
      await assertTree(home);
    }
  });
});
