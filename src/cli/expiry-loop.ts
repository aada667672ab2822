import { minute } from '../base/clock.ts';
import type { Context } from '../engine/context.ts';
import { deleteExpired } from '../engine/operations.ts';
import { repeat } from './repeat.ts';

/** How often expired rows are deleted. Every node does it. */
const interval = 10 * minute;

/** Deletes expired rows until the returned function is called. A failed run is repeated by the next. */
export const startExpiryLoop = (context: Context): (() => void) => repeat(interval, () => deleteExpiredOnce(context));

async function deleteExpiredOnce(context: Context): Promise<void> {
  try {
    context.log.info({ rows: await deleteExpired(context) }, 'expired rows deleted');
  } catch (error) {
    context.log.error({ err: error }, 'deleting expired rows failed');
  }
}
