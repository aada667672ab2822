import { isAuthentic, chainsOf, headMacsAfter, headMacsAtCheckpoint } from '../../store/attempt-chain.ts';
import { nextChain, readPlaces, readChain, type PlacedRow, type AttemptChain } from '../../store/attempt-chain-rows.ts';
import type { Store } from '../../store/store.ts';
import type { Context } from '../context.ts';

/** Where the log is not as it was written. */
export type LogFinding = {
  readonly what: 'changed' | 'removed' | 'added';
  readonly strand: string | null;
  readonly seq: number | null;
  /** The row's; null where it is gone, or where it is no row. */
  readonly id: string | null;
  readonly detail: string;
};

export type Verified = {
  readonly strand: string;
  /** How many rows were looked at. */
  readonly rows: number;
  /** The newest row of a strand that is intact, if it was not pruned: for whoever keeps it elsewhere. */
  readonly newest: Pick<PlacedRow, 'seq' | 'id' | 'hash'> | undefined;
  /** The first one; undefined where the strand is intact. */
  readonly finding: LogFinding | undefined;
};

export type ReportProgress = (rows: number) => void;

const pageSize = 250;

/** Walks the strands of an account, or of all, one after the other. Rows that are written meanwhile are left for the next time. */
export async function* verifyChains(
  { store }: Context,
  accountId: string | undefined,
  tell: ReportProgress,
): AsyncGenerator<Verified> {
  for await (const name of namesOfChains(store, accountId)) {
    const verified = await verifyChain(store, name, tell);
    if (verified.rows > 0 || verified.finding || accountId === undefined) yield verified;
  }
}

export async function* namesOfChains(store: Store, accountId: string | undefined): AsyncGenerator<string> {
  if (accountId !== undefined) {
    yield* chainsOf(accountId);
    return;
  }
  let name = await nextChain(store, undefined);
  while (name !== undefined) {
    yield name;
    name = await nextChain(store, name);
  }
}

async function verifyChain(store: Store, name: string, tell: ReportProgress): Promise<Verified> {
  const strand = await readChain(store, name);
  const verified = await walk(store, strand, tell);
  if (!verified.finding) return verified;
  // Rows that were pruned during the walk are not missing.
  const { head } = await readChain(store, name);
  return head?.baseSeq === strand.head?.baseSeq ? verified : verifyChain(store, name, tell);
}

async function walk(
  store: Store,
  { name, head, newest, unnumbered }: AttemptChain,
  tell: ReportProgress,
): Promise<Verified> {
  let rows = 0;
  let last: PlacedRow | undefined;
  const end = (finding?: Omit<LogFinding, 'strand'>) => ({
    strand: name,
    rows,
    newest: finding ? undefined : last,
    finding: finding && { ...finding, strand: name },
  });
  if (unnumbered !== null)
    return end({ what: 'added', seq: null, id: unnumbered, detail: 'the row has no place in its strand' });
  if (!head && newest === null) return end();
  if (!head) return end({ what: 'removed', seq: null, id: null, detail: 'the head of the strand is gone' });
  let tips = headMacsAtCheckpoint(store.safe, name, head);
  if (!tips)
    return end({ what: 'changed', seq: head.baseSeq, id: null, detail: 'the place where the strand begins was moved' });
  let expected = head.baseSeq + 1;
  for (;;) {
    const page = await readPlaces(store, name, { after: last?.seq, last: newest ?? 0, limit: pageSize });
    for (const row of page) {
      const wrong = judge(store, row, { expected, head: head.seq, tips });
      if (wrong) return end(wrong);
      tips = headMacsAfter(store.safe, row.hash);
      expected += 1;
      rows += 1;
      last = row;
    }
    tell(page.length);
    if (page.length < pageSize) break;
  }
  return end(judgeEnd({ expected, head, tips }));
}

type ExpectedPlace = { readonly expected: number; readonly head: number; readonly tips: readonly string[] };

/** What is wrong with a row, coming after one that left these tips. */
function judge(
  { safe }: Store,
  row: PlacedRow,
  { expected, head, tips }: ExpectedPlace,
): Omit<LogFinding, 'strand'> | undefined {
  const { seq, id } = row;
  if (seq < expected) return { what: 'added', seq, id, detail: 'the row stands before the beginning of its strand' };
  if (seq > expected && expected <= head) {
    const missing = Math.min(seq - 1, head) - expected;
    const detail = missing === 0 ? 'the row is gone' : `the row is gone, and so are the ${missing} after it`;
    return { what: 'removed', seq: expected, id: null, detail };
  }
  if (isAuthentic(safe, row, tips)) return undefined;
  return seq > head
    ? { what: 'added', seq, id, detail: 'the row stands after the end of its strand' }
    : { what: 'changed', seq, id, detail: 'the row, or the one before it, is not as it was written' };
}

/** What is wrong with the end of a strand whose rows are all right. */
function judgeEnd({
  expected,
  head: { seq: end, tip },
  tips,
}: Omit<ExpectedPlace, 'head'> & { readonly head: { readonly seq: number; readonly tip: string } }):
  | Omit<LogFinding, 'strand'>
  | undefined {
  if (expected <= end)
    return { what: 'removed', seq: expected, id: null, detail: `the rows from here to the end, ${end}, are gone` };
  if (expected > end + 1)
    return { what: 'changed', seq: end, id: null, detail: 'the head of the strand was set back to here' };
  if (!tips.includes(tip))
    return { what: 'removed', seq: expected, id: null, detail: 'the newest rows are gone, or the head was changed' };
  return undefined;
}
