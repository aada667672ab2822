import { refuse, success, type Outcome } from '../base/outcome.ts';
import { factorOf } from '../factors/index.ts';
import { advance, touch, type Authenticator } from '../store/authenticators.ts';
import { claimTry, releaseTry } from '../store/throttles.ts';
import { helpAt, type RequestContext } from './context.ts';
import type { Reason } from './reasons.ts';

/** An authenticator that was proven, and the state it has to move on to. */
export type Proof = {
  readonly authenticator: Authenticator;
  readonly state: unknown;
  /** The kind under which the try was claimed. */
  readonly counted: string;
};

export type Question = {
  /** Whose failures are counted: a user's id, or what stands for a stranger. */
  readonly subject: string;
  /** The kind of factor that is meant where there is no candidate. */
  readonly kind: string;
  /** The kind under which a failure with an authenticator of a kind is counted, where it is not its own. */
  readonly countAs?: (kind: string) => string;
  /** The authenticators that the reply may belong to. */
  readonly candidates: readonly Authenticator[];
  readonly reply: unknown;
};

/**
 * The first two beats of every proof: a try is claimed, and only then the reply is judged; for each kind it may belong to by itself. The
 * caller writes what follows from the proof, in one transaction.
 */
export async function prove(ctx: RequestContext, question: Question): Promise<Outcome<Proof, Reason>> {
  const { subject, kind, countAs = (own) => own, candidates, reply } = question;
  const groups = Map.groupBy(candidates, (candidate) => countAs(candidate.kind));
  if (groups.size === 0) groups.set(countAs(kind), []);

  let refused: Outcome<Proof, Reason> | undefined;
  const wrong: string[] = [];
  for (const [counted, group] of groups) {
    const claim = await claimTry(ctx.store, subject, counted, ctx.now);
    if (!claim.ok) {
      refused ??= refuse('throttled', claim.retryAfter);
      continue;
    }
    const judged = await judgeClaimed(ctx, { subject, counted, kind, group, reply, failures: claim.failures });
    if (judged.ok) {
      // The reply was one kind's, so it was no wrong one of the others'.
      for (const other of wrong) await releaseTry(ctx.store, subject, other);
      return judged;
    }
    wrong.push(counted);
    refused = judged;
  }
  return refused ?? refuse('no_authenticator');
}

type Claimed = Pick<Question, 'subject' | 'kind' | 'reply'> & {
  readonly counted: string;
  readonly group: readonly Authenticator[];
  /** Consecutive failures before this one. */
  readonly failures: number;
};

async function judgeClaimed(ctx: RequestContext, claimed: Claimed): Promise<Outcome<Proof, Reason>> {
  try {
    return await judge(ctx, claimed);
  } catch (fault) {
    // Nothing was decided, so nothing was guessed.
    await releaseTry(ctx.store, claimed.subject, claimed.counted);
    throw fault;
  }
}

async function judge(
  ctx: RequestContext,
  { kind, group, reply, counted, failures }: Claimed,
): Promise<Outcome<Proof, Reason>> {
  const help = { ...helpAt(ctx), failures };
  let reason: Reason = 'no_authenticator';
  for (const authenticator of group) {
    const verdict = await factorOf(authenticator.kind).check(authenticator.state, reply, help);
    if (verdict.ok) return success({ authenticator, state: verdict.value, counted });
    if (reason !== 'replayed') reason = verdict.reason;
  }
  // Who has nothing to compare with takes as long as who has.
  if (group.length === 0) await factorOf(kind).decoy?.(reply, help);
  return refuse(reason);
}

/**
 * The third beat's first step: moves the authenticator on to the state its proof left, in the caller's transaction. False:
 * another request spent the same proof first, and nothing may follow from this one.
 */
export async function spend({ store, now }: RequestContext, { authenticator, state }: Proof): Promise<boolean> {
  if (state === authenticator.state) return touch(store, authenticator.id, now);
  return advance(store, authenticator, state, now);
}
