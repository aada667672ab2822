import { second } from '../base/clock.ts';
import type { Context } from '../engine/context.ts';
import { sendNotices } from '../engine/operations.ts';
import { repeat } from './repeat.ts';

/** How often notices that are due are looked for. Every node does it; each notice is claimed before it is sent. */
const interval = 5 * second;

/** Sends notices now and then until the function it returns is called. What fails is the next time's work. */
export const startNoticeLoop = (context: Context): (() => void) => repeat(interval, () => sendNoticesOnce(context));

async function sendNoticesOnce(context: Context): Promise<void> {
  try {
    const notices = await sendNotices(context);
    if (notices > 0) context.log.info({ notices }, 'told');
  } catch (error) {
    context.log.error({ err: error }, 'telling failed');
  }
}
