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
  /** Chains that are not intact. Their remaining rows are kept as evidence. */
  readonly damaged: readonly string[];
};

const batch = 500;

/**
 * Deletes audit events from before an instant. A chain is pruned in order, up to the first row that is newer or not
 * intact. The pruning itself is logged first, so that an interrupted one is logged too.
 */
export async function pruneAttempts(ctx: RequestContext, before: number, report: ReportProgress): Promise<Pruned> {
  const { store } = ctx;
  const oldest = await findOldest(store);
  if (oldest === undefined || oldest >= before) return { rows: 0, damaged: [] };
  const accountId = (await rootAccount(store))?.id ?? null;
  const facts = { action: 'attempts.prune', accountId, objectId: new Date(before).toISOString() };
  await logSuccess(ctx, facts);

  let rows = 0;
  const damaged: string[] = [];
  const addDeleted = (count: number) => {
    rows += count;
    report(count);
  };
  for await (const name of namesOfChains(store, undefined)) {
    if (!(await pruneChain(store, name, { before, addDeleted }))) damaged.push(name);
  }
  for (let count = batch; count === batch; addDeleted(count)) {
    count = await store.db.transaction().execute((db) => pruneOlder({ ...store, db }, before, batch));
  }
  return { rows, damaged };
}

type Pruning = { readonly before: number; readonly addDeleted: ReportProgress };

/** Returns whether the chain is intact as far as it was read. */
async function pruneChain(store: Store, name: string, { before, addDeleted }: Pruning): Promise<boolean> {
  for (;;) {
    const chain = await readChain(store, name);
    const due = await findDue(store, chain, before);
    if (!due) return false;
    const last = due.at(-1);
    if (!chain.head || !last) return true;
    const { head } = chain;
    const pruned = await inTransaction<undefined, 'raced'>(store, async (tx) =>
      (await pruneTo(tx, name, head, last)) ? success(undefined) : refuse('raced'),
    );
    // If another process pruned at the same time, the loop reads the chain again.
    if (pruned.ok) addDeleted(due.length);
  }
}

/** The first rows of a chain that are to be pruned; undefined if one of them was changed. */
async function findDue(
  store: Store,
  { name, head, newest }: AttemptChain,
  before: number,
): Promise<readonly PlacedRow[] | undefined> {
  const firstHeadMacs = head && headMacsAtCheckpoint(store.safe, name, head);
  if (!head || !firstHeadMacs) return undefined;
  let headMacs = firstHeadMacs;
  const due: PlacedRow[] = [];
  for (const row of await readPlaces(store, name, { after: undefined, last: newest ?? 0, limit: batch })) {
    if (row.at >= before) return due;
    if (row.seq !== head.baseSeq + due.length + 1 || !isAuthentic(store.safe, row, headMacs)) return undefined;
    headMacs = headMacsAfter(store.safe, row.hash);
    due.push(row);
  }
  return due;
}
