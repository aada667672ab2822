import { refuse, type Outcome } from '../base/outcome.ts';
import { duoTraits, type Spent } from '../factors/duo.ts';
import type { Prompt } from '../store/prompts.ts';
import { spendReply } from '../store/spent-replies.ts';
import { inTransaction } from '../store/store.ts';
import { claimTry, releaseTry } from '../store/throttles.ts';
import { complete, type Completed, type Open, type Proven } from './complete.ts';
import type { Client, Context } from './context.ts';
import { logRefusal } from './log-attempt.ts';
import { judgePrompted, promptKind } from './prompt.ts';
import type { Reason } from './reasons.ts';

/**
 * Judges the reply to a provider's prompt, by the same beats as any other: a try is claimed, the provider judges, and one transaction
 * spends its word, which counts once wherever it is shown.
 */
export async function answerPrompt(ctx: Context, open: Asked, client: Client, now: number): Promise<Completed> {
  const { prompt, tried } = open;
  const judged = await judgeClaimed(ctx, open, now);
  const opened = judged.ok
    ? await inTransaction(ctx.store, (tx) => complete(ctx, tx, open, proven(prompt, judged.value), client, now))
    : judged;
  if (!opened.ok) {
    const detail = opened.detail ?? null;
    await logRefusal(ctx, { ...tried, factor: promptKind, detail }, opened.reason, client, now);
    return refuse(opened.reason, opened.retryAfter);
  }
  return opened;
}

type Asked = Open & { readonly prompt: Prompt };

async function judgeClaimed(
  ctx: Context,
  { user, prompt, input }: Asked,
  now: number,
): Promise<Outcome<Spent, Reason>> {
  const isMeant = input.role !== 'recovery' && (input.kind ?? promptKind) === promptKind;
  if (!isMeant) return { ...refuse('wrong'), detail: 'was meant for another factor' };
  const claim = await claimTry(ctx.store, user.id, promptKind, now);
  if (!claim.ok) return refuse('throttled', claim.retryAfter);
  let guessed = false;
  try {
    const judged = await judgePrompted(ctx, prompt, { user: user.name, reply: input.reply }, now);
    guessed = judged.ok || judged.reason === 'wrong';
    return judged;
  } finally {
    // The provider decided nothing, so nothing was guessed.
    if (!guessed) await releaseTry(ctx.store, user.id, promptKind);
  }
}

function proven({ provider }: Prompt, { id, until }: Spent): Proven {
  return {
    kind: promptKind,
    traits: duoTraits,
    spend: async (tx) => ((await spendReply(tx, { providerId: provider.id, id, until })) ? undefined : 'replayed'),
  };
}
