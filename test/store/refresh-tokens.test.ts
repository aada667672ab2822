import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeKeyRing } from '../../src/base/keys.ts';
import { uuid } from '../../src/base/random.ts';
import { accessTokenLife } from '../../src/engine/policy/merge-policy.ts';
import { createSession } from '../../src/engine/session/create-session.ts';
import { findRefreshToken, insertRefreshToken, useRefreshToken } from '../../src/store/refresh-tokens.ts';
import { deleteExpiredSessions } from '../../src/store/sessions.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine, winners, type TestEngine } from '../../kit/test-engine.ts';
import { seededRandom } from '../../kit/random.ts';

async function written(built: TestEngine, text: string) {
  const { ctx } = built;
  const now = ctx.clock.now();
  const user = await built.addUser({ name: `somebody with ${text}` });
  const policy = { tokenLife: accessTokenLife };
  const opening = { user, epoch: user.epoch, authModule: 'oauth2', amr: ['pwd'], secondKinds: [], policy };
  const session = await createSession(ctx, opening);
  const made = { id: uuid(ctx.random, now), sessionId: session.id, scope: 'read', createdAt: now };
  const proven = {
    generation: 2,
    amr: ['pwd', 'otp', 'mfa'],
    authTime: now - 1000,
    secondFactorAt: now,
    secondKinds: ['totp'],
  };
  const token = { ...made, expiresAt: now + 1000, usedAt: null, proven };
  await insertRefreshToken(ctx.store, token, text);
  return token;
}

onEachDatabase('refresh tokens', (database) => {
  test('are found by their text, as they were written', async () => {
    await using built = await startEngine(database);
    const [one, other] = [await written(built, 'one'), await written(built, 'other')];
    const { store } = built.ctx;
    assert.deepEqual(await findRefreshToken(store, 'one'), one);
    assert.deepEqual(await findRefreshToken(store, 'other'), other);
    for (const text of ['', 'On', 'ONE', one.id]) assert.equal(await findRefreshToken(store, text), undefined);
  });

  test('are found when the keys of the server have turned since', async () => {
    await using built = await startEngine(database);
    const one = await written(built, 'one');
    const made = makeKeyRing(seededRandom('new keys'));
    const retired = built.ring.mac.map((key) => ({ ...key, state: 'retired' as const }));
    const later = await built.node({ ring: { ...built.ring, mac: [...made.mac, ...retired] } });
    assert.deepEqual(await findRefreshToken(later.ctx.store, 'one'), one);
  });

  test('are kept so that nobody can read them', async () => {
    await using built = await startEngine(database);
    await written(built, 'hunter2hunter2');
    const rows = await built.ctx.store.db.selectFrom('refresh_tokens').selectAll().execute();
    assert.equal(rows.length, 1);
    assert.doesNotMatch(JSON.stringify(rows), /hunter2/);
  });

  test('are spent once: of sixteen at once, on two nodes, one is told so', async () => {
    await using built = await startEngine(database);
    const { id } = await written(built, 'one');
    const other = await written(built, 'other');
    const now = built.clock.now();
    const nodes = [built, await built.node()];
    const spend = (at: number) => useRefreshToken((nodes[at % 2] ?? built).ctx.store, id, now + at);
    assert.equal(await winners(16, spend), 1);
    const found = await findRefreshToken(built.ctx.store, 'one');
    assert.ok(found?.usedAt !== null && (found?.usedAt ?? 0) >= now);
    assert.equal((await findRefreshToken(built.ctx.store, 'other'))?.usedAt, null);
    assert.equal(await useRefreshToken(built.ctx.store, other.id, now), true);
  });

  test('go with their session', async () => {
    await using built = await startEngine(database);
    await written(built, 'one');
    await deleteExpiredSessions(built.ctx.store, Number.MAX_SAFE_INTEGER);
    assert.equal(await findRefreshToken(built.ctx.store, 'one'), undefined);
  });
});
