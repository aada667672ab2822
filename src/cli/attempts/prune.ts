import { systemClock } from '../../base/clock.ts';
import { SetupError } from '../../base/fault.ts';
import { pruneAttempts } from '../../engine/operations.ts';
import { CommandFailed } from '../explain.ts';
import { withCountersign } from '../user/with-countersign.ts';
import { progressOf } from '../progress.ts';

/** Exactly one is given, in milliseconds. */
export type PruneOptions = { readonly olderThan?: number; readonly before?: number };

export async function pruneLog({ olderThan, before }: PruneOptions): Promise<void> {
  const now = systemClock.now();
  const until = before ?? (olderThan === undefined ? undefined : now - olderThan);
  if (until === undefined) throw new SetupError('no time was given: give --older-than or --before');
  if (until > now)
    throw new SetupError('--before is in the future, which would remove everything: give a time in the past');
  const progress = progressOf({ what: 'removed', of: 'attempts' });
  const { rows, damaged } = await withCountersign((ctx) => pruneAttempts(ctx, until, progress.tell));
  progress.clear();
  process.stdout.write(`removed ${rows} attempts from before ${new Date(until).toISOString()}\n`);
  if (damaged.length > 0) {
    throw new CommandFailed(
      `these chains do not verify, and their remaining rows were kept (see attempts verify): ${damaged.join(', ')}`,
    );
  }
}
