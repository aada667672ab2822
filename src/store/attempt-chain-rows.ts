import { sql } from 'kysely';
import { checkpointAt, type Checkpoint, type AttemptRow } from './attempt-chain.ts';
import { forgetOlder } from './attempt-register.ts';
import type { Store } from './store.ts';

/** A chain of the audit log, as read at one instant. */
export type AttemptChain = {
  readonly name: string;
  /** The chain's row in `attempt_chains`; undefined if it is missing. `tip` is the head MAC. */
  readonly head: (Checkpoint & { readonly seq: number; readonly tip: string }) | undefined;
  /** The highest `seq` of its rows. */
  readonly newest: number | null;
  /** The id of a row that names the chain but has no `seq`. */
  readonly unnumbered: string | null;
};

/** The name of the next chain, in sorted order, that has a head or a row. */
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
  const { newest, unnumbered, ...headColumns } = await db
    .selectFrom(sql<{ name: string }>`(select cast(${name} as text) as name)`.as('requested'))
    .leftJoin('attempt_chains as chain', 'chain.strand', 'requested.name')
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
        .as('unnumbered'),
    ])
    .executeTakeFirstOrThrow();
  const { seq, tip, baseSeq, baseHash, baseSeal } = headColumns;
  // These columns are NOT NULL, so either all are null here (no head) or none is.
  const head =
    seq === null || tip === null || baseSeq === null || baseHash === null || baseSeal === null
      ? undefined
      : { seq, tip, baseSeq, baseHash, baseSeal };
  return { name, head, newest, unnumbered };
}

/** A row that is part of a chain. */
export type PlacedRow = AttemptRow & { readonly seq: number };

/** Rows of a chain in order, with a `seq` after `after` and up to `last`. */
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

/** The first row after an id that is in no chain. */
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

/** The first row of an account that is in a chain of another account. */
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
 * Deletes the rows of a chain up to `last` and moves its checkpoint there, if the checkpoint is still the one that was
 * read. False: another process pruned first. Call it in a transaction.
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

/** Deletes up to `limit` rows written before chains existed. Returns how many. Call it in a transaction. */
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

/** When the oldest event was written, in milliseconds since the Unix epoch. */
export async function findOldest({ db }: Store): Promise<number | undefined> {
  const row = await db.selectFrom('attempts').select('at').orderBy('id').limit(1).executeTakeFirst();
  return row?.at;
}

/** The number of rows of an account written before chains existed. */
export async function countOlder({ db }: Store, accountId: string): Promise<number> {
  const { count } = await db
    .selectFrom('attempts')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('strand', 'is', null)
    .executeTakeFirstOrThrow();
  return count;
}
