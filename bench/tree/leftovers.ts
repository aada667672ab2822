import { day, minute } from '../../src/base/clock.ts';
import { systemRandom, uuid } from '../../src/base/random.ts';
import type { Context } from '../../src/engine/context.ts';
import { writeInBatches } from './batches.ts';
import type { Progress } from './progress.ts';

/** Adds what logins leave behind, for some users each: sessions, unanswered challenges and counted failures. */
export async function seedLeftovers(
  { store: { db }, clock }: Pick<Context, 'store' | 'clock'>,
  users: readonly { readonly id: string }[],
  tell: Progress,
): Promise<void> {
  const now = clock.now();
  const one = (at: number, every: number) => users[at * every]?.id ?? '';
  const some = (every: number) => Math.ceil(users.length / every);
  const sessions = { auth_module: 'user_auth', epoch: 0, amr: '["pwd","otp","mfa"]' };
  const end = { expires_at: now + day, revoked_at: null, client_ip: '192.0.2.1', user_agent: null, client_id: null };
  await writeInBatches(
    db,
    {
      table: 'sessions',
      all: some(3),
      row: (at) => ({
        id: uuid(systemRandom, now),
        user_id: one(at, 3),
        ...sessions,
        second_factor_at: now,
        auth_time: now,
        ...end,
      }),
    },
    tell,
  );
  const open = { auth_module: 'user_auth', amr: '["pwd"]', epoch: 0, created_at: now, expires_at: now + minute };
  const challenge = (at: number) => {
    const id = uuid(systemRandom, now);
    return { id, token_hash: `seeded ${id}`, user_id: one(at, 10), ...open, closed_at: null };
  };
  await writeInBatches(db, { table: 'challenges', all: some(10), row: challenge }, tell);
  const failed = { kind: 'password', failures: 1, last_at: now };
  const failures = (at: number) => ({ subject: one(at, 10), ...failed });
  await writeInBatches(db, { table: 'throttles', all: some(10), row: failures }, tell);
}
