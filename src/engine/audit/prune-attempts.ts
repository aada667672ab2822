import { refuse, success } from '../../base/outcome.ts';
import { rootAccount } from '../../store/accounts.ts';
import { isAuthentic, headMacsAfter, headMacsAtCheckpoint } from '../../store/attempt-chain.ts';
import {
  findOldest,
  pruneOlder,
  pruneTo,
  readPlaces,
  readChain,
  type PlacedRow,
  type AttemptChain,
} from '../../store/attempt-chain-rows.ts';
import { inTransaction, type Store } from '../../store/store.ts';
import type { RequestContext } from '../context.ts';
import { logSuccess } from './log-attempt.ts';
import { namesOfChains, type ReportProgress } from './verify-chains.ts';

export type Pruned = {
  readonly rows: number;
  /** Strands that are not intact. What is left of them is evidence, and stays. */
  readonly kept: readonly string[];
};

const batch = 500;

/**
 * Removes what was tried before an instant. A strand goes in its order, up to the first row that must stay, and only as far as it is as it was
 * written. That somebody prunes is itself an attempt, written first: who stops half way has been seen.
 */
export async function pruneAttempts(ctx: RequestContext, before: number, tell: ReportProgress): Promise<Pruned> {
  const { store } = ctx;
  const oldest = await findOldest(store);
  if (oldest === undefined || oldest >= before) return { rows: 0, kept: [] };
  const accountId = (await rootAccount(store))?.id ?? null;
  const tried = { action: 'attempts.prune', accountId, objectId: new Date(before).toISOString() };
  await logSuccess(ctx, tried);

  let rows = 0;
  const kept: string[] = [];
  const gone = (count: number) => {
    rows += count;
    tell(count);
  };
  for await (const name of namesOfChains(store, undefined)) {
    if (!(await pruneChain(store, name, { before, gone }))) kept.push(name);
  }
  for (let count = batch; count === batch; gone(count)) {
    count = await store.db.transaction().execute((db) => pruneOlder({ ...store, db }, before, batch));
  }
  return { rows, kept };
}

type Pruning = { readonly before: number; readonly gone: ReportProgress };

/** Answers whether the strand is intact as far as it was looked at. */
async function pruneChain(store: Store, name: string, { before, gone }: Pruning): Promise<boolean> {
  for (;;) {
    const strand = await readChain(store, name);
    const due = await findDue(store, strand, before);
    if (!due) return false;
    const last = due.at(-1);
    if (!strand.head || !last) return true;
    const { head } = strand;
    const pruned = await inTransaction<undefined, 'raced'>(store, async (tx) =>
      (await pruneTo(tx, name, head, last)) ? success(undefined) : refuse('raced'),
    );
    // Somebody else prunes: look again from where they are.
    if (pruned.ok) gone(due.length);
  }
}

/** The first rows of a strand that are due; undefined where one of them is not as it was written. */
async function findDue(
  store: Store,
  { name, head, newest }: AttemptChain,
  before: number,
): Promise<readonly PlacedRow[] | undefined> {
  const anchor = head && headMacsAtCheckpoint(store.safe, name, head);
  if (!head || !anchor) return undefined;
  let tips = anchor;
  const due: PlacedRow[] = [];
  for (const row of await readPlaces(store, name, { after: undefined, last: newest ?? 0, limit: batch })) {
    if (row.at >= before) return due;
    if (row.seq !== head.baseSeq + due.length + 1 || !isAuthentic(store.safe, row, tips)) return undefined;
    tips = headMacsAfter(store.safe, row.hash);
    due.push(row);
  }
  return due;
}
