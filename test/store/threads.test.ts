import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { findAuthenticator, insertAuthenticator } from '../../src/store/authenticators.ts';
import { insertChallenge } from '../../src/store/challenges.ts';
import { insertSession } from '../../src/store/sessions.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine, type TestEngine } from '../../kit/test-engine.ts';
import { inThreads, tries, type Prize } from './threads.ts';

const migrations = readdirSync(new URL('../../src/store/migrations/', import.meta.url));

async function makePrize({ ctx: { store }, ring, ...engine }: TestEngine): Promise<Prize> {
  const now = engine.clock.now();
  const end = now + 60_000;
  const user = await engine.addUser({ name: 'ada' });
  const userId = user.id;
  const made = { userId, kind: 'totp', label: null, state: {} };
  await insertAuthenticator(store, { ...made, id: 'active', status: 'active' }, now);
  await insertAuthenticator(store, { ...made, id: 'pending', status: 'pending', expiresAt: end }, now);
  const [active, pending] = [
    await findAuthenticator(store, userId, 'active', now),
    await findAuthenticator(store, userId, 'pending', now),
  ];
  assert.ok(active && pending);
  const begun = { userId, authModule: 'password', epoch: 0, amr: ['pwd'], expiresAt: end };
  const asked = {
    ...begun,
    kinds: null,
    authConfigOrigin: null,
    mfaConfigOrigin: null,
    prompts: [],
    enrolls: null,
  };
  await insertChallenge(store, { kind: 'login', ...asked, id: 'challenge', createdAt: now }, 'token');
  const session = {
    ...begun,
    id: 'session',
    secondFactorAt: null,
    authTime: now,
    clientIp: null,
    userAgent: null,
    clientId: null,
    scope: null,
    keyId: null,
    generation: 1,
    generationFrom: 1,
    refreshFrom: 1,
    raised: null,
    secondKinds: [],
  };
  await insertSession(store, session);
  await insertSession(store, { ...session, id: 'next' });
  await store.db.insertInto('meta').values({ key: 'count', value: '0' }).execute();
  return {
    ring,
    now,
    user,
    active,
    pending,
    session,
    next: { ...session, id: 'next', epoch: 1 },
    challengeId: 'challenge',
  };
}

onEachDatabase('threads with connections of their own', (database) => {
  test('win every ratchet once, however many try at once', async () => {
    await using engine = await startEngine(database);
    const threads = 3;
    const wins = await inThreads(threads, engine.database.url, await makePrize(engine));
    const once = [
      'advance',
      'activate',
      'closeChallenge',
      'advanceEpoch',
      'carryOver',
      'revokeSession',
      'updateProfile',
    ];
    const expected: Record<string, number> = { claimTry: 5, ...Object.fromEntries(once.map((name) => [name, 1])) };
    if (database.flavour === 'sqlite') expected.readThenWrite = threads * tries;
    const total = (name: string) => wins.reduce((sum, won) => sum + (won[name] ?? 0), 0);
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, total(name)])), expected);
    const count = await engine.ctx.store.db
      .selectFrom('meta')
      .select('value')
      .where('key', '=', 'count')
      .executeTakeFirst();
    assert.equal(count?.value, String(expected.readThenWrite ?? 0));
  });

  test('bring a bare database up to date when eight of them start at once, and one does it', async () => {
    await using bare = await database.bare();
    const ran = await inThreads(8, bare.url);
    assert.deepEqual(
      ran.flatMap(({ migrate }) => migrate ?? []).toSorted((a, b) => a - b),
      [0, 0, 0, 0, 0, 0, 0, migrations.length],
    );
  });
});
