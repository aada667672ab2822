/** What a login and a request cost must not grow with how many users there are: no statement of theirs looks at a whole table. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { CompiledQuery } from 'kysely';
import { browseAttempts, browseBelow, explain, findNamed, reachAccount } from '../../src/engine/operations.ts';
import { onEachDatabase } from '../support/databases.ts';
import { got, house } from '../support/house.ts';

onEachDatabase('no statement looks at a whole table', (database) => {
  // PostgreSQL looks at whole tables while they are small; they have the same indexes there.
  const skip = database.flavour !== 'sqlite';
  test('of a login with both factors, and of what an administrator looks up', { skip }, async (t) => {
    await using home = await house(database);
    const { mock } = t.mock.method(DatabaseSync.prototype, 'prepare');
    const { ctx } = home;
    const admin = await home.addPerson('boss', { roles: ['admin'] });
    const ada = await home.addProtected('ada');
    home.clock.tick(60_000);
    await home.signIn('ada', ada.password, home.codeFor(ada.seed));
    const account = got(await reachAccount(ctx, admin.caller, 'root'));
    await browseBelow(ctx, account, 'descendants', { limit: 10 });
    await browseAttempts(ctx, account, 'logins', {}, { limit: 10 });
    await explain(ctx, got(await findNamed(ctx, { login: 'ada' })), 'user_auth');
    const prepared = new Set(mock.calls.map(({ arguments: [sql] }) => sql));
    const asked = [...prepared].filter((sql) => /^(?:select|update|delete|insert)/.test(sql));
    assert.ok(asked.length > 25, `${asked.length} statements`);
    for (const sql of asked) {
      const plan = await ctx.store.db.executeQuery<{ detail: string }>(CompiledQuery.raw(`explain query plan ${sql}`));
      for (const { detail } of plan.rows) {
        assert.doesNotMatch(detail, /^SCAN (?!CONSTANT)/, sql);
        assert.doesNotMatch(detail, / users USING .*\(account_id=\?\)$/, `every user of an account: ${sql}`);
      }
    }
  });
});
