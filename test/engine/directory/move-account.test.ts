import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain, reachAccount } from '../../../src/engine/operations.ts';
import type { Caller } from '../../../src/engine/session/authenticate.ts';
import { insertProvider } from '../../../src/store/providers.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine, type TestEngine } from '../../../kit/test-engine.ts';
import { interrupted } from '../../../kit/interrupted.ts';
import { add, assertTree, move, placesOf, refusal, requiring, say, town, type Move } from './move-help.ts';

const rowsOf = async ({ ctx: { store } }: TestEngine) =>
  JSON.stringify([
    await store.db.selectFrom('accounts').selectAll().orderBy('id').execute(),
    await placesOf(store.db),
    await store.db.selectFrom('attempts').selectAll().orderBy('id').execute(),
  ]);

/** A provider of an account, which shares it with all below. */
async function share(engine: TestEngine, by: Caller, accountId: string): Promise<{ configuration_id: string }> {
  const id = accountId.replace(/^00/, 'ff');
  const made = { id, accountId, providerName: 'totp', name: null, enabled: true, settings: {} };
  await insertProvider(engine.ctx.store, made, engine.clock.now());
  unwrap(
    await say(engine.ctx, by, accountId, {
      user_auth: { multi_factor: { include_subaccounts: true, configuration_id: id } },
    }),
  );
  return { configuration_id: id };
}

onEachDatabase('an account', (database) => {
  test('moves with all below it, which then is reached from its new place and no more from its old one', async () => {
    await using engine = await startEngine(database);
    const { east, west, cellar, boss } = await town(engine);
    const added = await add(engine, 'vault', cellar);
    const before = unwrap(await reachAccount(engine.ctx, boss, cellar));
    const logged = await engine.logged(async () => {
      const moved = unwrap(await move(engine.ctx, { by: boss, account: cellar, to: west }));
      assert.deepEqual(moved, { ...before, parentId: west, revision: 1 });
      assert.deepEqual(unwrap(await reachAccount(engine.ctx, boss, cellar)), moved);
    });
    assert.deepEqual(
      logged.map(({ action, outcome, userId }) => [action, outcome, userId]),
      [['account.move', 'success', boss.userId]],
    );
    await assertTree(engine);
    for (const [account, ok] of [
      [west, true],
      [east, false],
    ] as const) {
      const { caller } = await engine.addPerson(`boss of ${account}`, { roles: ['admin'], account });
      for (const id of [cellar, added]) assert.equal((await reachAccount(engine.ctx, caller, id)).ok, ok);
    }
  });

  test('is not moved by its own administrators, and so the root by nobody', async () => {
    await using engine = await startEngine(database);
    const { acme, west, boss, top } = await town(engine);
    const before = await rowsOf(engine);
    assert.equal(refusal(await move(engine.ctx, { by: boss, account: acme, to: west })), 'forbidden');
    assert.equal(refusal(await move(engine.ctx, { by: top, account: 'root', to: west })), 'forbidden');
    assert.equal(await rowsOf(engine), before);
    assert.equal(refusal(await move(engine.ctx, { by: top, account: west, to: 'root' })), 'moved');
  });

  test('does not stand below itself', async () => {
    await using engine = await startEngine(database);
    const { east, cellar, boss } = await town(engine);
    const before = await rowsOf(engine);
    for (const to of [east, cellar])
      assert.equal(refusal(await move(engine.ctx, { by: boss, account: east, to })), 'below_itself');
    assert.equal(await rowsOf(engine), before);
  });

  test('that has the parent already stays as it is', async () => {
    await using engine = await startEngine(database);
    const { acme, east, boss } = await town(engine);
    const before = await rowsOf(engine);
    const kept = unwrap(await move(engine.ctx, { by: boss, account: east, to: acme }));
    assert.deepEqual(kept, unwrap(await reachAccount(engine.ctx, boss, east)));
    assert.equal(await rowsOf(engine), before);
  });

  test('moves as far down as the tree goes for the deepest below it', async () => {
    await using engine = await startEngine(database);
    const { east, cellar, west, boss } = await town(engine);
    const ladder = [west];
    for (let depth = 3; depth <= 31; depth += 1) ladder.push(await add(engine, `level ${depth}`, ladder.at(-1) ?? ''));
    const [above = '', lowest = ''] = ladder.slice(-2);
    const before = await rowsOf(engine);
    assert.equal(refusal(await move(engine.ctx, { by: boss, account: east, to: lowest })), 'too_deep');
    assert.equal(await rowsOf(engine), before);
    assert.equal(refusal(await move(engine.ctx, { by: boss, account: east, to: above })), 'moved');
    await assertTree(engine);
    assert.equal(refusal(await move(engine.ctx, { by: boss, account: cellar, to: lowest })), 'moved');
  });

  test('that was changed, or taken out of reach, since it was looked up does not move', async () => {
    await using engine = await startEngine(database);
    const { acme, east, west, cellar, boss, top } = await town(engine);
    const other = await add(engine, 'other', engine.root);
    const meanwhile = (work: Move) => interrupted(engine.ctx, async () => unwrap(await move(engine.ctx, work)));
    const pulled = { by: boss, account: cellar, to: west };
    const changed = meanwhile({ by: boss, account: cellar, to: acme });
    assert.equal(refusal(await move(engine.ctx, pulled, changed)), 'raced');
    unwrap(await move(engine.ctx, { ...pulled, to: east }));
    // With the account above it, so that its own revision says nothing of it.
    const gone = meanwhile({ by: top, account: east, to: other });
    assert.equal(refusal(await move(engine.ctx, pulled, gone)), 'not_found');
    unwrap(await move(engine.ctx, { by: top, account: east, to: acme }));
    const without = meanwhile({ by: top, account: west, to: other });
    assert.equal(refusal(await move(engine.ctx, pulled, without)), 'not_found');
    await assertTree(engine);
  });
});

onEachDatabase('what an account says', (database) => {
  test('keeps it where a provider that is named there is above it', async () => {
    await using engine = await startEngine(database);
    const { acme, east, west, cellar, boss } = await town(engine);
    const named = { ...(await share(engine, boss, east)), account_id: east };
    unwrap(await say(engine.ctx, boss, cellar, requiring(named)));
    const vault = await add(engine, 'vault', cellar);
    const before = await rowsOf(engine);
    for (const to of [west, acme])
      assert.equal(refusal(await move(engine.ctx, { by: boss, account: cellar, to })), 'in_use');
    assert.equal(await rowsOf(engine), before);
    // What names it moves along with it, or stays below it; what names nothing is free.
    const hall = await add(engine, 'hall', east);
    assert.equal(refusal(await move(engine.ctx, { by: boss, account: cellar, to: hall })), 'moved');
    assert.equal(refusal(await move(engine.ctx, { by: boss, account: hall, to: west })), 'in_use');
    for (const to of [east, hall])
      assert.equal(refusal(await move(engine.ctx, { by: boss, account: cellar, to })), 'moved');
    assert.equal(refusal(await move(engine.ctx, { by: boss, account: vault, to: west })), 'moved');
    assert.equal(refusal(await move(engine.ctx, { by: boss, account: east, to: west })), 'moved');
    await assertTree(engine);
  });

  test('moves with it where the provider is its own, or of an account above both places', async () => {
    await using engine = await startEngine(database);
    const { acme, east, west, cellar, boss, top } = await town(engine);
    unwrap(await say(engine.ctx, boss, cellar, requiring({ ...(await share(engine, top, acme)), account_id: acme })));
    assert.equal(refusal(await move(engine.ctx, { by: boss, account: cellar, to: west })), 'moved');
    await share(engine, boss, east);
    assert.equal(refusal(await move(engine.ctx, { by: boss, account: east, to: cellar })), 'moved');
    assert.equal(refusal(await move(engine.ctx, { by: top, account: west, to: 'root' })), 'in_use');
  });

  test('and a move at the same time do not pass each other', async () => {
    await using engine = await startEngine(database);
    const { east, west, cellar, boss } = await town(engine);
    const named = requiring({ ...(await share(engine, boss, east)), account_id: east });
    const out = { by: boss, account: cellar, to: west };
    const moving = interrupted(engine.ctx, async () => unwrap(await move(engine.ctx, out)));
    assert.deepEqual(await say(moving, boss, cellar, named), { ok: false, reason: 'unknown_configuration' });
    unwrap(await move(engine.ctx, { ...out, to: east }));
    const saying = interrupted(engine.ctx, async () => unwrap(await say(engine.ctx, boss, cellar, named)));
    assert.equal(refusal(await move(engine.ctx, out, saying)), 'in_use');
  });

  test('is what holds where it has come to, and what is required above both places holds as before', async () => {
    await using engine = await startEngine(database);
    const { acme, east, west, cellar, boss, top } = await town(engine);
    const user = await engine.addUser({ name: 'ada', account: cellar });
    const requiredBy = async () => (await explain(engine.ctx, user, 'user_auth')).requiredBy;
    unwrap(await say(engine.ctx, boss, east, requiring({ include_subaccounts: true })));
    assert.equal(await requiredBy(), east);
    unwrap(await move(engine.ctx, { by: boss, account: cellar, to: west }));
    assert.equal(await requiredBy(), undefined);
    unwrap(await say(engine.ctx, top, acme, requiring({ include_subaccounts: true })));
    unwrap(await move(engine.ctx, { by: boss, account: cellar, to: acme }));
    assert.equal(await requiredBy(), acme);
  });
});
