import { sql } from 'kysely';
import { z } from 'zod';
import type { Safe } from '../base/seal.ts';
import type { Store } from './store.ts';

/**
 * One sealed row with what a chain cannot prove by itself: the number of chains, so that a chain deleted as a whole is
 * noticed, and the number and last id of the rows written before chains existed, so that an inserted row is noticed.
 */
const form = z.strictObject({
  strands: z.int(),
  older: z.int(),
  newestOlder: z.string().nullable(),
});

export type Register = z.infer<typeof form>;

const id = 1;
export const registerPlace = 'attempt_register.value';

/** Counts a new chain, in the transaction that creates it. The first chain creates the register. */
export async function registerChain(store: Store): Promise<void> {
  const known = await store.db.selectFrom('attempt_register').select('id').where('id', '=', id).executeTakeFirst();
  if (!known) await createRegister(store);
  await amend(store, (register) => ({ ...register, strands: register.strands + 1 }));
}

async function createRegister({ db, safe }: Store): Promise<void> {
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

/** Subtracts pruned rows from the number of rows written before chains existed, in the transaction that prunes them. */
export async function forgetOlder(store: Store, count: number): Promise<void> {
  await amend(store, (register) => ({ ...register, older: register.older - count }));
}

async function amend({ db, safe }: Store, change: (register: Register) => Register): Promise<void> {
  // This update changes nothing, but locks the row before it is read.
  const locked = await db
    .updateTable('attempt_register')
    .set({ value: sql`value` })
    .where('id', '=', id)
    .returning('value')
    .executeTakeFirst();
  const register = opened(safe, locked?.value);
  // A register that was tampered with is left for verification to find. Logins must still work.
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
  /** Undefined if it is missing or was changed. */
  readonly register: Register | undefined;
  /** The actual numbers at the same instant. */
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
