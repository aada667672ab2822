import { minute, second } from '../../base/clock.ts';
import { refuse, success } from '../../base/outcome.ts';
import { claimDigest, postponeNotices, removeDigest } from '../../store/notice-digests.ts';
import { claimNotice, dueNotices, removeNotice, type DueNotice } from '../../store/notices.ts';
import { inTransaction } from '../../store/store.ts';
import type { Context } from '../context.ts';
import { claimNoticeShare } from '../proof/sending-limits.ts';

/** After this many tries, over some four days, a notice is given up. */
const mostTries = 12;
const batch = 20;

/**
 * Sends the notices that are due. It works from rows, so nothing that made one waits for a mail server; several nodes may do it at once.
 * Returns how many messages were sent.
 */
export async function sendNotices(ctx: Context): Promise<number> {
  const now = ctx.clock.now();
  let sent = 0;
  for (const notice of await dueNotices(ctx.store, batch, now)) {
    // Put off before it is sent: a node that dies over it leaves it to the next.
    const nextAt = now + minute * 2 ** Math.min(notice.tries, 10);
    const due = { notice, nextAt, now };
    if (await (notice.inDigest ? sendDigest(ctx, due) : sendOne(ctx, due))) sent += 1;
  }
  return sent;
}

/** A notice, and when it is tried again unless it is sent. */
type Due = { readonly notice: DueNotice; readonly nextAt: number; readonly now: number };

/** One by itself, where its address has had fewer than its share of a day; else all that are due there are put off until that is over. */
async function sendOne(ctx: Context, due: Due): Promise<boolean> {
  if (!(await takeOne(ctx, due))) return false;
  const { notice } = due;
  const { service, host } = ctx.settings;
  const { name, factor, user, account, at } = notice;
  const text = ctx.texts.notice({ name, factor, user, service, host, when: at }, { account });
  return send(ctx, notice, { text, forget: () => removeNotice(ctx.store, notice.attemptId) });
}

async function takeOne(ctx: Context, { notice, nextAt, now }: Due): Promise<boolean> {
  // It had its share at its first try.
  if (notice.tries > 0) return claimNotice(ctx.store, notice, nextAt);
  const taken = await inTransaction(ctx.store, async (tx) => {
    const share = await claimNoticeShare(tx, notice.to, now);
    if (share.ok) return (await claimNotice(tx, notice, nextAt)) ? success(true) : refuse('raced' as const);
    await postponeNotices(tx, notice, now + share.retryAfter * second, now);
    return success(false);
  });
  return taken.ok && taken.value;
}

/** All that were put off at one address, in one message. */
async function sendDigest(ctx: Context, { notice, nextAt, now }: Due): Promise<boolean> {
  const claimed = await inTransaction(ctx.store, async (tx) =>
    (await claimNotice(tx, notice, nextAt))
      ? success(await claimDigest(tx, notice, nextAt, now))
      : refuse('raced' as const),
  );
  if (!claimed.ok) return false;
  const { service, host } = ctx.settings;
  const text = ctx.texts.digest({ ...claimed.value, service, host }, { account: notice.account });
  return send(ctx, notice, { text, forget: () => removeDigest(ctx.store, notice, nextAt) });
}

type NoticeMail = {
  readonly text: ReturnType<Context['texts']['notice']>;
  /** Deletes the rows that it was made from. */
  readonly forget: () => Promise<void>;
};

async function send(ctx: Context, { attemptId, to, tries }: DueNotice, { text, forget }: NoticeMail): Promise<boolean> {
  const sent = await ctx.messenger.send({ channel: 'email', to, ...text });
  const hopeless = tries + 1 >= mostTries || (!sent.ok && sent.reason === 'invalid_destination');
  if (sent.ok || hopeless) await forget();
  if (!sent.ok && hopeless) ctx.log.warn({ attempt: attemptId, reason: sent.reason }, 'a notice was given up');
  return sent.ok;
}
