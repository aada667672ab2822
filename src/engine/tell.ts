import { minute } from '../base/clock.ts';
import { claimNotice, dueNotices, removeNotice, type DueNotice } from '../store/notices.ts';
import type { Context } from './context.ts';

/** After this many tries, over some four days, a notice is given up. */
const mostTries = 12;
const batch = 20;

/**
 * Sends the notices that are due. It works from rows, so nothing that made one waits for a mail server; several nodes may do it at once.
 * Returns how many were sent.
 */
export async function tellNotices(ctx: Context): Promise<number> {
  const now = ctx.clock.now();
  let sent = 0;
  for (const notice of await dueNotices(ctx.store, batch, now)) {
    // Put off before it is sent: a node that dies over it leaves it to the next.
    if (!(await claimNotice(ctx.store, notice, now + minute * 2 ** Math.min(notice.tries, 10)))) continue;
    if (await tell(ctx, notice)) sent += 1;
  }
  return sent;
}

async function tell(ctx: Context, notice: DueNotice): Promise<boolean> {
  const { service, host } = ctx.settings;
  const { name, factor, user, account, at, to } = notice;
  const text = ctx.texts.notice({ name, factor, user, service, host, when: at }, { account });
  const sent = await ctx.messenger.send({ channel: 'email', to, ...text });
  const hopeless = notice.tries + 1 >= mostTries || (!sent.ok && sent.reason === 'invalid_destination');
  if (sent.ok || hopeless) await removeNotice(ctx.store, notice.attemptId);
  if (!sent.ok && hopeless) ctx.log.warn({ attempt: notice.attemptId, reason: sent.reason }, 'a notice was given up');
  return sent.ok;
}
