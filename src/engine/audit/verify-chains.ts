import { isAuthentic, chainsOf, headMacsAfter, headMacsAtCheckpoint } from '../../store/attempt-chain.ts';
import { nextChain, readPlaces, readChain, type PlacedRow, type AttemptChain } from '../../store/attempt-chain-rows.ts';
import type { Store } from '../../store/store.ts';
import type { Context } from '../context.ts';

/** A place where the audit log was tampered with. */
export type LogFinding = {
  readonly what: 'changed' | 'removed' | 'added';
  /** The name of the chain; null if the finding is about no chain. */
  readonly strand: string | null;
  readonly seq: number | null;
  /** The row's id; null if the row is missing or the finding is not about a row. */
  readonly id: string | null;
  readonly detail: string;
};

export type Verified = {
  /** The name of the chain. */
  readonly strand: string;
  /** The number of rows that were read. */
  readonly rows: number;
  /** The newest row of an intact chain, if it was not pruned, to be recorded outside the database. */
  readonly newest: Pick<PlacedRow, 'seq' | 'id' | 'hash'> | undefined;
  /** The first finding; undefined if the chain is intact. */
  readonly finding: LogFinding | undefined;
};

export type ReportProgress = (rows: number) => void;

const pageSize = 250;

/**
 * Verifies the chains of an account, or all chains, one after the other. Rows written during the verification are not
 * included.
 */
export async function* verifyChains(
  { store }: Context,
  accountId: string | undefined,
  report: ReportProgress,
): AsyncGenerator<Verified> {
  for await (const name of namesOfChains(store, accountId)) {
    const verified = await verifyChain(store, name, report);
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

async function verifyChain(store: Store, name: string, report: ReportProgress): Promise<Verified> {
  const chain = await readChain(store, name);
  const verified = await verifyRows(store, chain, report);
  if (!verified.finding) return verified;
  // If the chain was pruned at the same time, the pruned rows are not missing: verify it again.
  const { head } = await readChain(store, name);
  return head?.baseSeq === chain.head?.baseSeq ? verified : verifyChain(store, name, report);
}

async function verifyRows(
  store: Store,
  { name, head, newest, unnumbered }: AttemptChain,
  report: ReportProgress,
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
    return end({ what: 'added', seq: null, id: unnumbered, detail: 'the row has no number in its chain' });
  if (!head && newest === null) return end();
  if (!head) return end({ what: 'removed', seq: null, id: null, detail: 'the head of the chain is missing' });
  let headMacs = headMacsAtCheckpoint(store.safe, name, head);
  if (!headMacs)
    return end({ what: 'changed', seq: head.baseSeq, id: null, detail: 'the checkpoint of the chain was changed' });
  let expected = head.baseSeq + 1;
  for (;;) {
    const page = await readPlaces(store, name, { after: last?.seq, last: newest ?? 0, limit: pageSize });
    for (const row of page) {
      const finding = verifyRow(store, row, { expected, head: head.seq, headMacs });
      if (finding) return end(finding);
      headMacs = headMacsAfter(store.safe, row.hash);
      expected += 1;
      rows += 1;
      last = row;
    }
    report(page.length);
    if (page.length < pageSize) break;
  }
  return end(verifyEnd({ expected, head, headMacs }));
}

/** The expected number of the next row, the number in the chain's head, and the head MACs after the row before. */
type ExpectedPlace = { readonly expected: number; readonly head: number; readonly headMacs: readonly string[] };

function verifyRow(
  { safe }: Store,
  row: PlacedRow,
  { expected, head, headMacs }: ExpectedPlace,
): Omit<LogFinding, 'strand'> | undefined {
  const { seq, id } = row;
  if (seq < expected) return { what: 'added', seq, id, detail: 'the row precedes the first row of its chain' };
  if (seq > expected && expected <= head) {
    const more = Math.min(seq - 1, head) - expected;
    const detail = more === 0 ? 'the row is missing' : `the row is missing, and ${more} more after it`;
    return { what: 'removed', seq: expected, id: null, detail };
  }
  if (isAuthentic(safe, row, headMacs)) return undefined;
  return seq > head
    ? { what: 'added', seq, id, detail: 'the row follows the last row of its chain' }
    : { what: 'changed', seq, id, detail: 'the row, or the one before it, was changed' };
}

/** Verifies that the head of a chain matches its last row. */
function verifyEnd({
  expected,
  head: { seq: end, tip },
  headMacs,
}: Omit<ExpectedPlace, 'head'> & { readonly head: { readonly seq: number; readonly tip: string } }):
  | Omit<LogFinding, 'strand'>
  | undefined {
  if (expected <= end)
    return { what: 'removed', seq: expected, id: null, detail: `the rows from here to the end, ${end}, are missing` };
  if (expected > end + 1)
    return { what: 'changed', seq: end, id: null, detail: 'the head of the chain was reset to this row' };
  if (!headMacs.includes(tip))
    return { what: 'removed', seq: expected, id: null, detail: 'the newest rows are missing, or the head was changed' };
  return undefined;
}
