/** Threads over one database, each with its own program and connections: to SQLite they are what processes are. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { KeyRing } from '../../src/base/keys.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createSafe } from '../../src/base/seal.ts';
import { activate, advance, type Authenticator } from '../../src/store/authenticators.ts';
import { closeChallenge } from '../../src/store/challenges.ts';
import { migrate } from '../../src/store/migrate.ts';
import { carryOver } from '../../src/store/session-generations.ts';
import { revokeSession, type Session } from '../../src/store/sessions.ts';
import { openDatabase, type Store } from '../../src/store/store.ts';
import { claimTry } from '../../src/store/throttles.ts';
import { advanceEpoch, updateProfile, type User } from '../../src/store/users.ts';

/** What the threads fight over. Absent: they bring a bare database up to date. */
export type Prize = {
  readonly ring: KeyRing;
  readonly now: number;
  readonly user: User;
  readonly active: Authenticator;
  readonly pending: Authenticator;
  readonly session: Session;
  readonly next: Session;
  readonly challengeId: string;
};

type Task = {
  readonly url: string;
  readonly threads: number;
  readonly gate: Int32Array;
  readonly prize: Prize | undefined;
};

/** How often each thread won each fight. */
export type Wins = Readonly<Record<string, number>>;

export async function inThreads(threads: number, url: string, prize?: Prize): Promise<readonly Wins[]> {
  const gate = new Int32Array(new SharedArrayBuffer(64 * Int32Array.BYTES_PER_ELEMENT));
  const task: Task = { url, threads, gate, prize };
  const workers = Array.from({ length: threads }, () => new Worker(new URL(import.meta.url), { workerData: task }));
  return Promise.all(
    workers.map(async (worker) => {
      // A fault in a thread is an `error` of its worker, and `once` rejects with it.
      const [wins] = (await once(worker, 'message')) as Wins[];
      await worker.terminate();
      return wins ?? {};
    }),
  );
}

const fights: Readonly<Record<string, (store: Store, prize: Prize, at: number) => Promise<boolean>>> = {
  claimTry: async (store, { user, now }) => (await claimTry(store, user.id, 'totp', now)).ok,
  advance: (store, { active, now }, at) => advance(store, active, { at }, now),
  activate: (store, { pending, now }, at) => activate(store, pending, { at }, now),
  closeChallenge: (store, { challengeId, now }) => closeChallenge(store, challengeId, now),
  advanceEpoch: (store, { user }) => advanceEpoch(store, user.id, user.epoch),
  carryOver: (store, { next }) => carryOver(store, next),
  revokeSession: (store, { session, now }) => revokeSession(store, session.userId, session.id, now),
  updateProfile: (store, { user, now }) => updateProfile(store, user, user, now),
  // What reads first and writes later loses nothing, for a transaction of SQLite takes its lock at once.
  readThenWrite: ({ db }) =>
    db
      .transaction()
      .setIsolationLevel('serializable')
      .execute(async (tx) => {
        const { value } = await tx
          .selectFrom('meta')
          .select('value')
          .where('key', '=', 'count')
          .executeTakeFirstOrThrow();
        await tx
          .updateTable('meta')
          .set({ value: String(Number(value) + 1) })
          .where('key', '=', 'count')
          .execute();
        return true;
      }),
};

export const tries = 8;

async function run({ url, threads, gate, prize }: Task): Promise<Wins> {
  let steps = 0;
  // Who is last lets all go.
  function together(): void {
    const step = steps;
    steps += 1;
    if (Atomics.add(gate, step, 1) + 1 === threads) Atomics.notify(gate, step);
    for (let here = Atomics.load(gate, step); here < threads; here = Atomics.load(gate, step))
      Atomics.wait(gate, step, here, 1000);
  }
  together();
  const database = openDatabase(url);
  try {
    if (!prize) return { migrate: (await migrate(database, 0)).length };
    const store = { db: database.db, safe: createSafe(prize.ring, systemRandom) };
    const wins: Record<string, number> = {};
    for (const [name, fight] of Object.entries(fights)) {
      if (name === 'readThenWrite' && database.flavour !== 'sqlite') continue;
      together();
      const won: boolean[] = [];
      for (let at = 0; at < tries; at += 1) won.push(await fight(store, prize, at));
      wins[name] = won.filter(Boolean).length;
    }
    return wins;
  } finally {
    await database.db.destroy();
  }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
if (!isMainThread && parentPort) parentPort.postMessage(await run(workerData as Task));
