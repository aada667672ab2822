import { refuse, success, type Outcome } from '../base/outcome.ts';
import { factorOf } from '../factors/index.ts';
import { advance, touch, type Authenticator } from '../store/authenticators.ts';
import type { Store } from '../store/store.ts';
import { claimTry, releaseTry } from '../store/throttles.ts';
import { helpAt, type Context } from './context.ts';
import type { Reason } from './reasons.ts';

/** An authenticator that was proven, and the state it has to move on to. */
export type Proof = { readonly authenticator: Authenticator; readonly state: unknown };

export type Question = {
  /** Whose failures are counted: a user's id, or what stands for a stranger. */
  readonly subject: string;
  /** The kind of factor under which a failure is counted. */
  readonly kind: string;
  /** The authenticators that the reply may belong to. */
  readonly candidates: readonly Authenticator[];
  readonly reply: unknown;
};

/**
 * The first two beats of every proof: a try is claimed, and only then the reply is judged. The caller writes what follows from
 * the proof, in one transaction.
 */
export async function prove(ctx: Context, question: Question, now: number): Promise<Outcome<Proof, Reason>> {
  const { subject, kind } = question;
  const claim = await claimTry(ctx.store, subject, kind, now);
  if (!claim.ok) return refuse('throttled', claim.retryAfter);
  try {
    return await judge(ctx, question, now);
  } catch (fault) {
    // Nothing was decided, so nothing was guessed.
    await releaseTry(ctx.store, subject, kind);
    throw fault;
  }
}

async function judge(
  ctx: Context,
  { kind, candidates, reply }: Question,
  now: number,
): Promise<Outcome<Proof, Reason>> {
  const help = helpAt(ctx, now);
  let reason: Reason = 'no_authenticator';
  for (const authenticator of candidates) {
    const verdict = await factorOf(authenticator.kind).check(authenticator.state, reply, help);
    if (verdict.ok) return success({ authenticator, state: verdict.value });
    if (reason !== 'replayed') reason = verdict.reason;
  }
  // Who has nothing to compare with takes as long as who has.
  if (candidates.length === 0) await factorOf(kind).decoy?.(reply, help);
  return refuse(reason);
}

/**
 * The third beat's first step: moves the authenticator on to the state its proof left, in the caller's transaction. False:
 * another request spent the same proof first, and nothing may follow from this one.
 */
export async function spend(tx: Store, { authenticator, state }: Proof, now: number): Promise<boolean> {
  if (state === authenticator.state) return touch(tx, authenticator.id, now);
  return advance(tx, authenticator, state, now);
}
