import { createHash } from 'node:crypto';
import { PostgresAdapter, sql, type Selectable } from 'kysely';
import type { Safe } from '../base/seal.ts';
import { registerChain } from './attempt-register.ts';
import { statement } from './statement.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

/*
 * Each row of the log names its strand, its place there, and a keyed hash over itself and what its predecessor left behind. What a row leaves
 * behind is its tip: another keyed hash, which stands beside the strand until the next row takes its place. So whoever can write the database
 * and has no key makes no row, and can not make an older row the newest either, for its tip is gone.
 */

export type AttemptRow = Selectable<Tables['attempts']>;

/** A row before it has its place. */
export type NewRow = Omit<AttemptRow, 'strand' | 'seq' | 'hash'>;

/** What the hash covers: all but itself. */
const covered = [
  'id',
  'at',
  'account_id',
  'user_id',
  'action',
  'auth_module',
  'factor',
  'outcome',
  'reason',
  'session_id',
  'client_ip',
  'user_agent',
  'request_id',
  'provider_name',
  'auth_config_origin',
  'mfa_config_origin',
  'object_id',
  'detail',
  'strand',
  'seq',
] as const satisfies readonly (keyof AttemptRow)[];

const digits = Array.from({ length: 16 }, (_, digit) => digit.toString(16));

/** The strands of an account, or of what belongs to none: sixteen, so that different users seldom wait for each other's commit. */
export const chainsOf = (accountId: string | null) => digits.map((digit) => `${accountId ?? ''}/${digit}`);

/** All attempts of one user are in one strand. Those of nobody are spread by their ids. */
function chainOf({ account_id: accountId, user_id: userId, id }: NewRow): string {
  return `${accountId ?? ''}/${chainDigit(userId ?? id)}`;
}

/** By which of their account's strands a user's attempts are in. */
export function chainDigit(userId: string): string {
  return createHash('sha256').update(userId).digest('hex').slice(0, 1);
}

/**
 * Writes a row at the end of its strand, in the caller's transaction. The strand is locked from here to the end of that, so it is the last
 * thing that a transaction takes; who takes more than one takes them in their order.
 */
export async function appendToChain(store: Store, row: NewRow): Promise<void> {
  const { db, safe } = store;
  const strand = chainOf(row);
  const [head] = (await claim(db, { strand })).rows;
  if (!head) throw new Error('a strand of attempts has no head');
  if (head.seq === 1) await registerChain(store);
  const placed = { ...row, strand, seq: head.seq };
  const hash = safe.mac(rowContext, textOf(placed, head.tip));
  const tip = safe.mac(headMacContext, hash);
  // PostgreSQL does both in one round trip; SQLite has none to save.
  if (db.getExecutor().adapter instanceof PostgresAdapter) await insertAndMove(db, { ...placed, hash, tip });
  else {
    await insert(db, { ...placed, hash });
    await move(db, { strand, tip });
  }
}

const claim = statement((db, { strand }: { strand: string }) =>
  db
    .insertInto('attempt_chains')
    .values({ strand, seq: 1, tip: beginning, base_seq: 0, base_hash: '', base_seal: '' })
    .onConflict((conflict) => conflict.column('strand').doUpdateSet({ seq: sql`attempt_chains.seq + 1` }))
    .returning(['seq', 'tip']),
);

const insert = statement((db, row: AttemptRow) => db.insertInto('attempts').values(row));

type Moved = { readonly strand: string; readonly tip: string };

const move = statement((db, { strand, tip }: Moved) =>
  db.updateTable('attempt_chains').set({ tip }).where('strand', '=', strand),
);

const insertAndMove = statement((db, { tip, ...row }: AttemptRow & Moved) =>
  db
    .with('head', (also) => also.updateTable('attempt_chains').set({ tip }).where('strand', '=', row.strand))
    .insertInto('attempts')
    .values(row),
);

const rowContext = 'attempt';
const headMacContext = 'attempt-tip';
const checkpointContext = 'attempt-anchor';

/** What the first row of a strand is chained to. */
const beginning = '';

/** One text for each row and none for two: JSON. What is null is left out, so a column that is added later changes no row of before. */
function textOf(row: Omit<AttemptRow, 'hash'>, before: string): string {
  const said = covered.filter((column) => row[column] !== null).map((column) => [column, row[column]]);
  return JSON.stringify([before, said]);
}

/** Whether a row is as it was written, after a row that left one of these tips. */
export function isAuthentic(safe: Safe, row: AttemptRow, tips: readonly string[]): boolean {
  return tips.some((tip) => safe.macMatches(rowContext, textOf(row, tip), row.hash ?? ''));
}

/** What a row with this hash may have left behind: one tip for each key of the ring. */
export const headMacsAfter = (safe: Safe, hash: string | null) => safe.macs(headMacContext, hash ?? '');

/** Up to where a strand was pruned. */
export type Checkpoint = { readonly baseSeq: number; readonly baseHash: string; readonly baseSeal: string };

export const checkpointAt = (safe: Safe, strand: string, baseSeq: number, baseHash: string): Checkpoint => ({
  baseSeq,
  baseHash,
  baseSeal: safe.mac(checkpointContext, checkpointText(strand, baseSeq, baseHash)),
});

const checkpointText = (strand: string, seq: number, hash: string) => JSON.stringify([strand, seq, hash]);

/** The tips that the first row which is left may be chained to; undefined where it was not pruning that moved the anchor. */
export function headMacsAtCheckpoint(
  safe: Safe,
  strand: string,
  { baseSeq, baseHash, baseSeal }: Checkpoint,
): readonly string[] | undefined {
  if (baseSeq === 0) return baseHash === '' && baseSeal === '' ? [beginning] : undefined;
  return safe.macMatches(checkpointContext, checkpointText(strand, baseSeq, baseHash), baseSeal)
    ? headMacsAfter(safe, baseHash)
    : undefined;
}
