import { minute, second } from '../../base/clock.ts';
import { refuse, success } from '../../base/outcome.ts';
import { claimDigest, postponeNotices, removeDigest } from '../../store/notice-digests.ts';
import { claimNotice, dueNotices, removeNotice, type DueNotice } from '../../store/notices.ts';
import { inTransaction } from '../../store/store.ts';
import type { Context } from '../context.ts';
import { claimNoticeShare } from '../proof/sending-limits.ts';

/** After this many tries, over about 34 hours, a notice is discarded. */
const maxTries = 12;
const batch = 20;

/**
 * Sends the notices that are due. They are queued in the database, so requests do not wait for a mail server; several
 * nodes may send at the same time. Returns how many messages were sent.
 */
export async function sendNotices(ctx: Context): Promise<number> {
  const now = ctx.clock.now();
  let sent = 0;
  for (const notice of await dueNotices(ctx.store, batch, now)) {
    // The next try is scheduled before sending, so that it happens even if this node stops.
    const nextAt = now + minute * 2 ** Math.min(notice.tries, 10);
    const due = { notice, nextAt, now };
    if (await (notice.inDigest ? sendDigest(ctx, due) : sendOne(ctx, due))) sent += 1;
  }
  return sent;
}

/** A notice, and when it is tried again if it cannot be sent. */
type Due = { readonly notice: DueNotice; readonly nextAt: number; readonly now: number };

/**
 * Sends a notice by itself. If its address has reached the limit per day, all due notices of the address are postponed
 * instead.
 */
async function sendOne(ctx: Context, due: Due): Promise<boolean> {
  if (!(await claimOne(ctx, due))) return false;
  const { notice } = due;
  const { service, host } = ctx.settings;
  const { name, factor, user, account, at } = notice;
  const text = ctx.texts.notice({ name, factor, user, service, host, when: at }, { account });
  return send(ctx, notice, { text, remove: () => removeNotice(ctx.store, notice.attemptId) });
}

async function claimOne(ctx: Context, { notice, nextAt, now }: Due): Promise<boolean> {
  // It was counted against the limit at its first try.
  if (notice.tries > 0) return claimNotice(ctx.store, notice, nextAt);
  const claimed = await inTransaction(ctx.store, async (tx) => {
    const share = await claimNoticeShare(tx, notice.to, now);
    if (share.ok) return (await claimNotice(tx, notice, nextAt)) ? success(true) : refuse('raced' as const);
    await postponeNotices(tx, notice, now + share.retryAfter * second, now);
    return success(false);
  });
  return claimed.ok && claimed.value;
}

/** Sends all postponed notices of an address in one message. */
async function sendDigest(ctx: Context, { notice, nextAt, now }: Due): Promise<boolean> {
  const claimed = await inTransaction(ctx.store, async (tx) =>
    (await claimNotice(tx, notice, nextAt))
      ? success(await claimDigest(tx, notice, nextAt, now))
      : refuse('raced' as const),
  );
  if (!claimed.ok) return false;
  const { service, host } = ctx.settings;
  const text = ctx.texts.digest({ ...claimed.value, service, host }, { account: notice.account });
  return send(ctx, notice, { text, remove: () => removeDigest(ctx.store, notice, nextAt) });
}

type NoticeMail = {
  readonly text: ReturnType<Context['texts']['notice']>;
  /** Deletes the rows of its notices. */
  readonly remove: () => Promise<void>;
};

async function send(ctx: Context, { attemptId, to, tries }: DueNotice, { text, remove }: NoticeMail): Promise<boolean> {
  const sent = await ctx.messenger.send({ channel: 'email', to, ...text });
  const isFinal = tries + 1 >= maxTries || (!sent.ok && sent.reason === 'invalid_destination');
  if (sent.ok || isFinal) await remove();
  if (!sent.ok && isFinal) ctx.log.warn({ attempt: attemptId, reason: sent.reason }, 'notice discarded');
  return sent.ok;
}
