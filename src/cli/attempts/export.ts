import { pipeline } from 'node:stream/promises';
import type { Context } from '../../engine/context.ts';
import { findLog, readAttempts } from '../../engine/operations.ts';
import type { AttemptRow } from '../../store/attempt-chain.ts';
import type { LogFilter } from '../../store/attempts.ts';
import { codeOf } from '../plain-error.ts';
import { granted, withCountersign } from '../user/with-countersign.ts';

export type ExportOptions = { readonly account?: string; readonly from?: number; readonly to?: number };

export async function exportLog({ account, from, to }: ExportOptions): Promise<void> {
  await withCountersign(async (ctx) => {
    const accountId = account === undefined ? undefined : granted(await findLog(ctx, account), account);
    try {
      await pipeline(linesOf(ctx, { accountId, from, to }), process.stdout, { end: false });
    } catch (error) {
      // The reader of the pipe has stopped, as `head` does.
      if (!(error instanceof Error) || codeOf(error) !== 'EPIPE') throw error;
    }
  });
}

async function* linesOf(ctx: Context, filter: LogFilter): AsyncGenerator<string> {
  for await (const page of readAttempts(ctx, filter)) {
    yield page.map((row) => `${JSON.stringify(lineOf(row))}\n`).join('');
  }
}

/** Members in their order in the output; docs/attempts.md describes them. */
function lineOf({ id, at, ...rest }: AttemptRow): Readonly<Record<string, unknown>> {
  return { id, at: new Date(at).toISOString(), ...rest };
}
