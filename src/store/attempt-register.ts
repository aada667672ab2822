import { sql } from 'kysely';
import { z } from 'zod';
import type { Safe } from '../base/seal.ts';
import type { Store } from './store.ts';

/**
 * What no chain can say of itself: how many strands there are, so that one which is gone with all its rows is missed, and how many rows are
 * older than the chains and up to which id, so that none is slipped in among them. One sealed row.
 */
const form = z.strictObject({
  strands: z.int(),
  older: z.int(),
  newestOlder: z.string().nullable(),
});

export type Register = z.infer<typeof form>;

const id = 1;
export const registerPlace = 'attempt_register.value';

/** Counts one more strand, in the transaction that makes it. The first one makes the register. */
export async function registerChain(store: Store): Promise<void> {
  const known = await store.db.selectFrom('attempt_register').select('id').where('id', '=', id).executeTakeFirst();
  if (!known) await begin(store);
  await amend(store, (register) => ({ ...register, strands: register.strands + 1 }));
}

async function begin({ db, safe }: Store): Promise<void> {
  const { older, newestOlder } = await db
    .selectFrom('attempts')
    .where('strand', 'is', null)
    .select((of) => [of.fn.countAll<number>().as('older'), of.fn.max('id').as('newestOlder')])
    .executeTakeFirstOrThrow();
  await db
    .insertInto('attempt_register')
    .values({ id, value: sealed(safe, { strands: 0, older, newestOlder }) })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

/** Takes rows that are older than the chains off the count, in the transaction that prunes them. */
export async function forgetOlder(store: Store, count: number): Promise<void> {
  await amend(store, (register) => ({ ...register, older: register.older - count }));
}

async function amend({ db, safe }: Store, change: (register: Register) => Register): Promise<void> {
  // Written before it is read: that is the lock.
  const held = await db
    .updateTable('attempt_register')
    .set({ value: sql`value` })
    .where('id', '=', id)
    .returning('value')
    .executeTakeFirst();
  const register = opened(safe, held?.value);
  // One that somebody has changed stays as they left it, for verification to find. Logins go on.
  if (!register) return;
  await db
    .updateTable('attempt_register')
    .set({ value: sealed(safe, change(register)) })
    .where('id', '=', id)
    .execute();
}

const sealed = (safe: Safe, register: Register) => safe.seal(registerPlace, JSON.stringify(register));

function opened(safe: Safe, value: string | null | undefined): Register | undefined {
  try {
    return form.parse(JSON.parse(safe.open(registerPlace, value ?? '')));
  } catch {
    return undefined;
  }
}

export type Registered = {
  /** Undefined where it is gone or not as it was written. */
  readonly register: Register | undefined;
  /** What there is at the same instant. */
  readonly strands: number;
  readonly older: number;
};

export async function readRegister({ db, safe }: Store): Promise<Registered> {
  const row = await db
    .selectNoFrom((of) => [
      of.selectFrom('attempt_register').select('value').where('id', '=', id).as('value'),
      of.selectFrom('attempt_chains').select(of.fn.countAll<number>().as('count')).as('strands'),
      of.selectFrom('attempts').select(of.fn.countAll<number>().as('count')).where('strand', 'is', null).as('older'),
    ])
    .executeTakeFirstOrThrow();
  return { register: opened(safe, row.value), strands: row.strands ?? 0, older: row.older ?? 0 };
}
