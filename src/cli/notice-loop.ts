import { second } from '../base/clock.ts';
import type { Context } from '../engine/context.ts';
import { sendNotices } from '../engine/operations.ts';
import { repeat } from './repeat.ts';

/** How often due notices are sent. Every node does it; each notice is claimed before it is sent. */
const interval = 5 * second;

/** Sends due notices until the returned function is called. A failed run is repeated by the next. */
export const startNoticeLoop = (context: Context): (() => void) => repeat(interval, () => sendNoticesOnce(context));

async function sendNoticesOnce(context: Context): Promise<void> {
  try {
    const notices = await sendNotices(context);
    if (notices > 0) context.log.info({ notices }, 'notices sent');
  } catch (error) {
    context.log.error({ err: error }, 'sending notices failed');
  }
}
