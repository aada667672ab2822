import assert from 'node:assert/strict';
import { moveAccount, reachAccount, writeSecurityOf } from '../../../src/engine/operations.ts';
import type { AuthModulesConfig } from '../../../src/engine/policy/configuration.ts';
import type { Context, RequestContext } from '../../../src/engine/context.ts';
import type { Caller } from '../../../src/engine/session/authenticate.ts';
import { insertAccount } from '../../../src/store/accounts.ts';
import { unwrap, type TestEngine } from '../../../kit/test-engine.ts';

/** An account below another, under an id that a configuration may name. */
export async function add(engine: TestEngine, name: string, parentId: string): Promise<string> {
  const id = Buffer.from(name).toString('hex').padStart(32, '0');
  await insertAccount(engine.ctx.store, { id, parentId, name }, engine.clock.now());
  return id;
}

/** root → acme → (east → cellar, west), and an administrator of acme. */
export async function town(engine: TestEngine) {
  const acme = await add(engine, 'acme', engine.root);
  const [east, west] = [await add(engine, 'east', acme), await add(engine, 'west', acme)];
  const cellar = await add(engine, 'cellar', east);
  const { caller } = await engine.addPerson('boss', { roles: ['admin'], account: acme });
  const { caller: top } = await engine.addPerson('admin', { roles: ['admin'] });
  return { acme, east, west, cellar, boss: caller, top };
}

export type Move = { readonly by: Caller; readonly account: string; readonly to: string };

/** Looks both accounts up and moves one below the other; `moving` is where it writes. */
export async function move(ctx: RequestContext, { by, account, to }: Move, moving = ctx) {
  const pair = {
    account: unwrap(await reachAccount(ctx, by, account)),
    parent: unwrap(await reachAccount(ctx, by, to)),
  };
  return moveAccount(moving, by, pair);
}

export const refusal = (outcome: Awaited<ReturnType<typeof move>>) => (outcome.ok ? 'moved' : outcome.reason);

/** Who stands above whom, as the tree keeps it. */
export async function placesOf(db: Context['store']['db']): Promise<readonly string[]> {
  const rows = await db.selectFrom('account_ancestors').selectAll().execute();
  return rows.map(({ account_id, ancestor_id, depth }) => `${account_id} ${ancestor_id} ${depth}`).toSorted();
}

/** The same, by walking up from parent to parent. An account that stands below itself fails the test. */
export function walked(parents: ReadonlyMap<string, string | null>): readonly string[] {
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

async function parentsIn({ ctx: { store } }: TestEngine): Promise<ReadonlyMap<string, string | null>> {
  const rows = await store.db.selectFrom('accounts').select(['id', 'parent_id']).execute();
  return new Map(rows.map(({ id, parent_id }) => [id, parent_id]));
}

export async function assertTree(engine: TestEngine): Promise<void> {
  assert.deepEqual(await placesOf(engine.ctx.store.db), walked(await parentsIn(engine)));
}

export const requiring = (more: object): AuthModulesConfig => ({
  user_auth: { multi_factor: { enabled: true, ...more } },
});

export async function say(ctx: RequestContext, by: Caller, id: string, config: AuthModulesConfig) {
  return writeSecurityOf(ctx, by, { account: unwrap(await reachAccount(ctx, by, id)), config, rules: {}, revision: 0 });
}
