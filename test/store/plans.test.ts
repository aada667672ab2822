/** What a login and a request cost must not grow with how many users there are: no statement of theirs looks at a whole table. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test, type Mock } from 'node:test';
import { CompiledQuery } from 'kysely';
import { browseAttempts, browseBelow, explain, findNamed, reachAccount } from '../../src/engine/operations.ts';
import { listBelow } from '../../src/store/accounts.ts';
import { findAttempts } from '../../src/store/attempts.ts';
import type { Store } from '../../src/store/store.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { unwrap, startEngine } from '../../kit/test-engine.ts';

onEachDatabase('no statement looks at a whole table', (database) => {
  // PostgreSQL looks at whole tables while they are small; they have the same indexes there.
  const skip = database.flavour !== 'sqlite';
  test('of a login with both factors, and of what an administrator looks up', { skip }, async (t) => {
    await using engine = await startEngine(database);
    const { mock } = t.mock.method(DatabaseSync.prototype, 'prepare');
    const { ctx } = engine;
    const admin = await engine.addPerson('boss', { roles: ['admin'] });
    const ada = await engine.addProtected('ada');
    engine.clock.tick(60_000);
    await engine.signIn('ada', ada.password, engine.codeFor(ada.seed));
    const account = unwrap(await reachAccount(ctx, admin.caller, 'root'));
    await browseBelow(ctx, account, { which: 'descendants', page: { limit: 10 } });
    await browseAttempts(ctx, account, { about: 'logins', filter: {}, page: { limit: 10 } });
    await explain(ctx, unwrap(await findNamed(ctx, { login: 'ada' })), 'user_auth');
    const asked = statementsOf(mock);
    assert.ok(asked.length > 25, `${asked.length} statements`);
    for (const sql of asked) {
      for (const detail of await planOf(ctx.store, sql)) {
        // What searches have found in an index is no table.
        assert.doesNotMatch(detail, /^SCAN (?!CONSTANT|search$|found$)/, sql);
        assert.doesNotMatch(detail, / users USING .*\(account_id=\?\)$/, `every user of an account: ${sql}`);
      }
    }
  });

  test('of a page, and each search begins where the page does', { skip }, async (t) => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const asked = async (page: () => Promise<unknown>) => {
      const { mock } = t.mock.method(DatabaseSync.prototype, 'prepare');
      await page();
      mock.restore();
      const plans = await Promise.all(statementsOf(mock).map((sql) => planOf(store, sql)));
      return [...new Set(plans.flat().filter((detail) => / attempts_| account_ancestors_|B-TREE/.test(detail)))];
    };
    const meant = { accountId: 'acme', actions: ['answer', 'send'] };
    const page = { limit: 10 };
    const newestFirst = 'USE TEMP B-TREE FOR ORDER BY';
    const search = (of: string) =>
      `SEARCH attempts USING COVERING INDEX attempts_account_id_action_outcome_at_id (account_id=? AND action=? AND outcome=?${of})`;
    assert.deepEqual(await asked(() => findAttempts(store, meant, page)), [search(''), newestFirst]);
    const start = `202611-${'0'.repeat(32)}`;
    assert.deepEqual(await asked(() => findAttempts(store, { ...meant, outcome: 'failed' }, { ...page, start })), [
      search(' AND at<?'),
      newestFirst,
    ]);
    assert.deepEqual(await asked(() => findAttempts(store, { ...meant, from: 1, to: 2 }, page)), [
      search(' AND at>? AND at<?'),
      newestFirst,
    ]);
    assert.deepEqual(await asked(() => findAttempts(store, { ...meant, userId: 'ada' }, page)), [
      'SEARCH attempts USING INDEX attempts_user_id_at_id (user_id=?)',
      newestFirst,
    ]);
    // Nothing is sorted here, for that would be everything below an account.
    assert.deepEqual(await asked(() => listBelow(store, 'acme', 'descendants', page)), [
      'SEARCH account_ancestors USING COVERING INDEX account_ancestors_ancestor_id_account_id_depth (ancestor_id=? AND account_id>?)',
    ]);
    assert.deepEqual(await asked(() => listBelow(store, 'acme', 'children', page)), [
      'SEARCH account_ancestors USING COVERING INDEX account_ancestors_ancestor_id_depth_account_id (ancestor_id=? AND depth=? AND account_id>?)',
    ]);
  });
});

/** The statements that were written since the database was watched. */
function statementsOf({ calls }: Mock<DatabaseSync['prepare']>['mock']): readonly string[] {
  const prepared = new Set(calls.map(({ arguments: [sql] }) => sql));
  return [...prepared].filter((sql) => /^(?:select|update|delete|insert)/.test(sql));
}

async function planOf({ db }: Store, sql: string): Promise<readonly string[]> {
  const plan = await db.executeQuery<{ detail: string }>(CompiledQuery.raw(`explain query plan ${sql}`));
  return plan.rows.map(({ detail }) => detail);
}
