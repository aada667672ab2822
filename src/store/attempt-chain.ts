import { createHash } from 'node:crypto';
import { PostgresAdapter, sql, type Selectable } from 'kysely';
import type { Safe } from '../base/seal.ts';
import { registerChain } from './attempt-register.ts';
import { statement } from './statement.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

/*
 * Each row of the audit log has a keyed hash over itself and the head MAC of its chain (column `tip`), which the row
 * then replaces by a keyed hash of its own hash. So without the key, a row can be neither forged nor made the newest
 * again: its head MAC was overwritten.
 */

export type AttemptRow = Selectable<Tables['attempts']>;

/** A row that is not part of a chain yet. */
export type NewRow = Omit<AttemptRow, 'strand' | 'seq' | 'hash'>;

/** The columns that the hash covers: all but `hash`. */
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

/**
 * The sixteen chains of an account, or of events without an account. With sixteen, users seldom wait for each other's
 * commits.
 */
export const chainsOf = (accountId: string | null) => digits.map((digit) => `${accountId ?? ''}/${digit}`);

/** All events of a user are in one chain. Events without a user are spread by their ids. */
function chainOf({ account_id: accountId, user_id: userId, id }: NewRow): string {
  return `${accountId ?? ''}/${chainDigit(userId ?? id)}`;
}

/** The digit of the chain that has a user's events. */
export function chainDigit(userId: string): string {
  return createHash('sha256').update(userId).digest('hex').slice(0, 1);
}

/**
 * Appends a row to its chain, in the caller's transaction. The chain stays locked until that ends, so it must be the
 * last lock that the transaction takes. A transaction that appends to several chains does so in sorted order, which
 * makes deadlock impossible.
 */
export async function appendToChain(store: Store, row: NewRow): Promise<void> {
  const { db, safe } = store;
  const strand = chainOf(row);
  const [head] = (await claim(db, { strand })).rows;
  if (!head) throw new Error(`the chain ${strand} of the audit log has no head`);
  if (head.seq === 1) await registerChain(store);
  const placed = { ...row, strand, seq: head.seq };
  const hash = safe.mac(rowContext, textOf(placed, head.tip));
  const tip = safe.mac(headMacContext, hash);
  // One statement saves a round trip to PostgreSQL. SQLite has no round trips, and does not support this statement.
  if (db.getExecutor().adapter instanceof PostgresAdapter) await insertAndUpdateHead(db, { ...placed, hash, tip });
  else {
    await insert(db, { ...placed, hash });
    await updateHead(db, { strand, tip });
  }
}

const claim = statement((db, { strand }: { strand: string }) =>
  db
    .insertInto('attempt_chains')
    .values({ strand, seq: 1, tip: firstHeadMac, base_seq: 0, base_hash: '', base_seal: '' })
    .onConflict((conflict) => conflict.column('strand').doUpdateSet({ seq: sql`attempt_chains.seq + 1` }))
    .returning(['seq', 'tip']),
);

const insert = statement((db, row: AttemptRow) => db.insertInto('attempts').values(row));

type HeadMac = { readonly strand: string; readonly tip: string };

const updateHead = statement((db, { strand, tip }: HeadMac) =>
  db.updateTable('attempt_chains').set({ tip }).where('strand', '=', strand),
);

const insertAndUpdateHead = statement((db, { tip, ...row }: AttemptRow & HeadMac) =>
  db
    .with('head', (also) => also.updateTable('attempt_chains').set({ tip }).where('strand', '=', row.strand))
    .insertInto('attempts')
    .values(row),
);

const rowContext = 'attempt';
const headMacContext = 'attempt-tip';
const checkpointContext = 'attempt-anchor';

/** The head MAC before the first row of a chain. */
const firstHeadMac = '';

/**
 * The text that is hashed. JSON keeps it unambiguous, and null columns are left out so that a new column does not
 * change old rows.
 */
function textOf(row: Omit<AttemptRow, 'hash'>, headMac: string): string {
  const members = covered.filter((column) => row[column] !== null).map((column) => [column, row[column]]);
  return JSON.stringify([headMac, members]);
}

/** Whether a row is unchanged and follows a row with one of these head MACs. */
export function isAuthentic(safe: Safe, row: AttemptRow, tips: readonly string[]): boolean {
  return tips.some((tip) => safe.macMatches(rowContext, textOf(row, tip), row.hash ?? ''));
}

/** The head MACs after a row with this hash: one for each key of the ring. */
export const headMacsAfter = (safe: Safe, hash: string | null) => safe.macs(headMacContext, hash ?? '');

/**
 * The last pruned place of a chain (`baseSeq` 0: never pruned), the hash of the row there, and a keyed hash over both.
 */
export type Checkpoint = { readonly baseSeq: number; readonly baseHash: string; readonly baseSeal: string };

export const checkpointAt = (safe: Safe, strand: string, baseSeq: number, baseHash: string): Checkpoint => ({
  baseSeq,
  baseHash,
  baseSeal: safe.mac(checkpointContext, checkpointText(strand, baseSeq, baseHash)),
});

const checkpointText = (strand: string, seq: number, hash: string) => JSON.stringify([strand, seq, hash]);

/**
 * The head MACs before the first row after the checkpoint; undefined if the checkpoint was changed by something other
 * than pruning.
 */
export function headMacsAtCheckpoint(
  safe: Safe,
  strand: string,
  { baseSeq, baseHash, baseSeal }: Checkpoint,
): readonly string[] | undefined {
  if (baseSeq === 0) return baseHash === '' && baseSeal === '' ? [firstHeadMac] : undefined;
  return safe.macMatches(checkpointContext, checkpointText(strand, baseSeq, baseHash), baseSeal)
    ? headMacsAfter(safe, baseHash)
    : undefined;
}
