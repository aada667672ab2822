import { refuse, type Outcome } from '../base/outcome.ts';
import { duoTraits, type Spent } from '../factors/duo.ts';
import type { Prompt } from '../store/prompts.ts';
import { spendReply } from '../store/spent-replies.ts';
import { claimTry, releaseTry } from '../store/throttles.ts';
import { complete, type Completed, type Open, type Proven } from './complete.ts';
import { withTransaction, type RequestContext } from './context.ts';
import { logRefusal } from './log-attempt.ts';
import { judgePrompted, promptKind } from './prompt.ts';
import type { Reason } from './reasons.ts';

/**
 * Judges the reply to a provider's prompt, by the same beats as any other: a try is claimed, the provider judges, and one transaction
 * spends its word, which counts once wherever it is shown.
 */
export async function answerPrompt<Won extends Completed>(
  ctx: RequestContext,
  open: OpenPrompt<Won>,
): Promise<Outcome<Won, Reason>> {
  const { prompt, tried } = open;
  const judged = await judgeClaimed(ctx, open);
  // The provider may have taken long.
  const present = ctx.at();
  const opened = judged.ok
    ? await withTransaction(present, (tx) => complete(tx, open, proven(prompt, judged.value)))
    : judged;
  if (!opened.ok) {
    const detail = opened.detail ?? null;
    await logRefusal(present, { ...tried, factor: promptKind, detail }, opened.reason);
    return refuse(opened.reason, opened.retryAfter);
  }
  return opened;
}

type OpenPrompt<Won extends Completed = Completed> = Open<Won> & { readonly prompt: Prompt };

async function judgeClaimed(
  ctx: RequestContext,
  { user, prompt, input }: Pick<OpenPrompt, 'user' | 'prompt' | 'input'>,
): Promise<Outcome<Spent, Reason>> {
  const isMeant = input.role !== 'recovery' && (input.kind ?? promptKind) === promptKind;
  if (!isMeant) return { ...refuse('wrong'), detail: 'was meant for another factor' };
  const claim = await claimTry(ctx.store, user.id, promptKind, ctx.now);
  if (!claim.ok) return refuse('throttled', claim.retryAfter);
  let guessed = false;
  try {
    const judged = await judgePrompted(ctx, prompt, { user: user.name, reply: input.reply });
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
    spend: async (tx) =>
      (await spendReply(tx.store, { providerId: provider.id, id, until })) ? undefined : 'replayed',
  };
}
