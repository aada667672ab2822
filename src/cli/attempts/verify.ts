import { findLog, verifyStrayRows, verifyChains } from '../../engine/operations.ts';
import type { LogFinding, Verified } from '../../engine/audit/verify-chains.ts';
import { CommandFailed } from '../explain.ts';
import { granted, withCountersign } from '../user/with-countersign.ts';
import { progressOf } from '../progress.ts';

export type VerifyOptions = { readonly account?: string };

/** Prints one line for each chain: its last row, or the first error in it. */
export async function verifyLog({ account }: VerifyOptions): Promise<void> {
  const wrong = await withCountersign(async (ctx) => {
    const accountId = account === undefined ? undefined : granted(await findLog(ctx, account), account);
    const progress = progressOf({ what: 'checked', of: 'attempts' });
    const say = (line: string) => {
      progress.clear();
      process.stdout.write(`${line}\n`);
    };
    const count = { rows: 0, chains: 0, wrong: 0 };
    for await (const verified of verifyChains(ctx, accountId, progress.tell)) {
      count.rows += verified.rows;
      count.chains += 1;
      if (verified.finding) count.wrong += 1;
      say(verified.finding ? lineOf(verified.finding) : endOf(verified));
    }
    const { older, findings } = await verifyStrayRows(ctx, accountId);
    for (const finding of findings) say(lineOf(finding));
    if (older > 0) say(`${older} attempts are older than the chains: only their number is known`);
    say(`checked ${count.rows} attempts in ${count.chains} chains`);
    return count.wrong + findings.length;
  });
  if (wrong > 0)
    throw new CommandFailed(`the log does not verify: ${wrong} findings, each the first of its kind in its chain`);
  process.stdout.write('nothing was changed, removed or added\n');
}

function endOf({ strand, newest }: Verified): string {
  return newest === undefined
    ? `intact   chain=${strand} has no rows after pruning`
    : `intact   chain=${strand} seq=${newest.seq} id=${newest.id} hash=${newest.hash}`;
}

function lineOf({ what, strand, seq, id, detail }: LogFinding): string {
  return `${what.padEnd(8)} chain=${strand ?? '-'} seq=${seq ?? '-'} id=${id ?? '-'}: ${detail}`;
}
