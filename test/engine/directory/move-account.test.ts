import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain, reachAccount } from '../../../src/engine/operations.ts';
import type { Caller } from '../../../src/engine/session/authenticate.ts';
import { insertProvider } from '../../../src/store/providers.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house, type House } from '../../../kit/house.ts';
import { interrupted } from '../../../kit/interrupted.ts';
import { add, assertTree, move, placesOf, refusal, requiring, say, town, type Move } from './move-help.ts';

const rowsOf = async ({ ctx: { store } }: House) =>
  JSON.stringify([
    await store.db.selectFrom('accounts').selectAll().orderBy('id').execute(),
    await placesOf(store.db),
    await store.db.selectFrom('attempts').selectAll().orderBy('id').execute(),
  ]);

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
