import { sql } from 'kysely';
import { checkpointAt, type Checkpoint, type AttemptRow } from './attempt-chain.ts';
import { forgetOlder } from './attempt-register.ts';
import type { Store } from './store.ts';

/** A strand of the log as it stood at one instant. */
export type AttemptChain = {
  readonly name: string;
  /** Undefined where there is none. */
  readonly head: (Checkpoint & { readonly seq: number; readonly tip: string }) | undefined;
  /** The last place that a row has. */
  readonly newest: number | null;
  /** A row of this strand without a place in it. */
  readonly loose: string | null;
};

/** The name of the next strand that has a head or a row. */
export async function nextChain({ db }: Store, after: string | undefined): Promise<string | undefined> {
  const firstIn = (table: 'attempt_chains' | 'attempts') =>
    db
      .selectFrom(table)
      .select((of) => of.fn.min<string | null>('strand').as('strand'))
      .$if(after !== undefined, (query) => query.where('strand', '>', after ?? ''));
  const { strand } = await db
    .selectFrom(firstIn('attempt_chains').unionAll(firstIn('attempts')).as('firsts'))
    .select((of) => of.fn.min<string | null>('strand').as('strand'))
    .executeTakeFirstOrThrow();
  return strand ?? undefined;
}

export async function readChain({ db }: Store, name: string): Promise<AttemptChain> {
  const { newest, loose, ...read } = await db
    .selectFrom(sql<{ name: string }>`(select cast(${name} as text) as name)`.as('asked'))
    .leftJoin('attempt_chains as chain', 'chain.strand', 'asked.name')
    .select((of) => [
      'chain.seq as seq',
      'chain.tip as tip',
      'chain.base_seq as baseSeq',
      'chain.base_hash as baseHash',
      'chain.base_seal as baseSeal',
      of
        .selectFrom('attempts')
        .select((row) => row.fn.max('attempts.seq').as('seq'))
        .where('strand', '=', name)
        .as('newest'),
      of
        .selectFrom('attempts')
        .select((row) => row.fn.min('attempts.id').as('id'))
        .where('strand', '=', name)
        .where('seq', 'is', null)
        .as('loose'),
    ])
    .executeTakeFirstOrThrow();
  const { seq, tip, baseSeq, baseHash, baseSeal } = read;
  // The columns of a head are never null, so all of these are or none.
  const head =
    seq === null || tip === null || baseSeq === null || baseHash === null || baseSeal === null
      ? undefined
      : { seq, tip, baseSeq, baseHash, baseSeal };
  return { name, head, newest, loose };
}

/** A row with a place. */
export type PlacedRow = AttemptRow & { readonly seq: number };

/** The rows of a strand in their order, those after a place and no later than another. */
export async function readPlaces(
  { db }: Store,
  strand: string,
  { after, last, limit }: { readonly after: number | undefined; readonly last: number; readonly limit: number },
): Promise<readonly PlacedRow[]> {
  return db
    .selectFrom('attempts')
    .selectAll()
    .where('strand', '=', strand)
    .where('seq', '<=', last)
    .$if(after !== undefined, (query) => query.where('seq', '>', after ?? 0))
    .orderBy('seq')
    .limit(limit)
    .$narrowType<{ seq: number }>()
    .execute();
}

/** The first row that is in no strand and came after some id. */
export async function firstUnchained(
  { db }: Store,
  after: string,
  accountId: string | undefined,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('attempts')
    .select('id')
    .where('strand', 'is', null)
    .where('id', '>', after)
    .$if(accountId !== undefined, (query) => query.where('account_id', '=', accountId ?? ''))
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

/** An account's first row in a strand that is not the account's. */
export async function firstStray(
  { db }: Store,
  accountId: string,
  strands: readonly string[],
): Promise<Pick<PlacedRow, 'id' | 'strand' | 'seq'> | undefined> {
  return db
    .selectFrom('attempts')
    .select(['id', 'strand', 'seq'])
    .where('account_id', '=', accountId)
    .where('strand', 'is not', null)
    .where('strand', 'not in', strands)
    .orderBy('id')
    .limit(1)
    .$narrowType<{ seq: number }>()
    .executeTakeFirst();
}

/**
 * Prunes a strand up to a row, if it begins where it was read to begin, and moves its anchor there: in one transaction, which is the caller's.
 * Answers whether it did.
 */
export async function pruneTo(
  { db, safe }: Store,
  strand: string,
  { baseSeq }: Checkpoint,
  last: PlacedRow,
): Promise<boolean> {
  const next = checkpointAt(safe, strand, last.seq, last.hash ?? '');
  const moved = await db
    .updateTable('attempt_chains')
    .set({ base_seq: next.baseSeq, base_hash: next.baseHash, base_seal: next.baseSeal })
    .where('strand', '=', strand)
    .where('base_seq', '=', baseSeq)
    .executeTakeFirst();
  if (moved.numUpdatedRows === 0n) return false;
  await db
    .deleteFrom('attempts')
    .where('strand', '=', strand)
    .where('seq', '>', baseSeq)
    .where('seq', '<=', last.seq)
    .execute();
  return true;
}

/** Prunes some of the rows that are older than the chains, in the caller's transaction. Answers with how many. */
export async function pruneOlder(store: Store, before: number, limit: number): Promise<number> {
  const pruned = await store.db
    .deleteFrom('attempts')
    .where('id', 'in', (of) =>
      of
        .selectFrom('attempts')
        .select('id')
        .where('strand', 'is', null)
        .where('at', '<', before)
        .orderBy('id')
        .limit(limit),
    )
    .executeTakeFirst();
  const count = Number(pruned.numDeletedRows);
  if (count > 0) await forgetOlder(store, count);
  return count;
}

/** When the oldest attempt was. */
export async function findOldest({ db }: Store): Promise<number | undefined> {
  const row = await db.selectFrom('attempts').select('at').orderBy('id').limit(1).executeTakeFirst();
  return row?.at;
}

/** How many rows of an account are older than the chains. */
export async function countOlder({ db }: Store, accountId: string): Promise<number> {
  const { count } = await db
    .selectFrom('attempts')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('strand', 'is', null)
    .executeTakeFirstOrThrow();
  return count;
}
