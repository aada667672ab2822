import { refuse, success, type Outcome, type Refusal } from '../../base/outcome.ts';
import { providerReasons, type Binding, type Proof } from '../../factors/factor.ts';
import { factorOf } from '../../factors/registry.ts';
import type { Read } from '../../factors/define-factor.ts';
import { advance, touch } from '../../store/authenticators.ts';
import { spendReply } from '../../store/spent-replies.ts';
import { claimTry, releaseTry } from '../../store/throttles.ts';
import type { User } from '../../store/users.ts';
import type { Responding } from './candidates.ts';
import { factorContext, type RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { settingsInForce } from '../policy/settings-in-force.ts';

/** What was proven, and by which candidate. */
export type Proven = {
  readonly candidate: Responding;
  readonly proof: Proof;
  /** The kind under which the try was claimed. */
  readonly counted: string;
};

export type VerificationResult = {
  readonly outcome: Outcome<Proven, Reason>;
  /** The kinds under which tries were claimed that came to nothing. */
  readonly missed: readonly string[];
};

export type VerificationInput = {
  /** Whose failures are counted: a user's id, or what stands for an unknown name. */
  readonly subject: string;
  readonly user?: Pick<User, 'id' | 'name' | 'accountId'> | undefined;
  readonly binding: Binding;
  readonly candidates: readonly Responding[];
  /** The kind under which a failure with a factor is counted, where it is not its own. */
  readonly countAs?: (kind: string) => string;
  /** What is counted, and costs as much, where there is no candidate. */
  readonly none?: { readonly kind: string; readonly read: Read };
  /** What was claimed for the same response before. */
  readonly missed?: readonly string[];
};

/**
 * Claims a try, and only then lets the factor verify the response; for each kind that it may belong to by itself. What follows from the proof is
 * written by the caller, in one transaction: the one that this runs in where verifying is fast, and one of its own after it otherwise.
 */
export async function prove(ctx: RequestContext, question: VerificationInput): Promise<VerificationResult> {
  const { subject, user, binding, candidates, countAs = (own) => own, none } = question;
  const groups = Map.groupBy(candidates, ({ kind }) => countAs(kind));
  if (none && groups.size === 0) groups.set(countAs(none.kind), []);
  const missed = [...(question.missed ?? [])];
  let refused: Refusal<Reason> | undefined;
  for (const [counted, group] of groups) {
    const claim = await claimTry(ctx.store, subject, counted, ctx.now);
    if (!claim.ok) {
      refused ??= refuse('throttled', claim.retryAfter);
      continue;
    }
    const factors = factorContext(ctx, { binding, failures: claim.failures, ...subjectOf(user) });
    let verdict: Refusal<Reason> = refuse('no_authenticator');
    try {
      for (const candidate of group) {
        const settings = await settingsToVerify(ctx, candidate, user?.accountId);
        const { state, prompt, read } = candidate;
        const judged = settings.ok
          ? await read.verify({ state, memo: prompt?.memo, settings: settings.value }, factors)
          : settings;
        if (judged.ok) {
          // The response was this kind's, so it was no wrong one of the others'.
          for (const other of missed) await releaseTry(ctx.store, subject, other);
          return { outcome: success({ candidate, proof: judged.value, counted }), missed: [] };
        }
        if (verdict.reason !== 'replayed') verdict = judged;
      }
      // What has nothing to compare with takes as long as what has.
      if (group.length === 0) await none?.read.decoy(factors);
    } catch (fault) {
      await releaseTry(ctx.store, subject, counted);
      throw fault;
    }
    if (isUndecided(verdict.reason)) await releaseTry(ctx.store, subject, counted);
    else missed.push(counted);
    refused = verdict;
  }
  return { outcome: refused ?? refuse('no_authenticator'), missed };
}

const subjectOf = (user: VerificationInput['user']) => user && { user: { id: user.id, name: user.name } };

/** Reasons that say nothing about the user: no failure is counted. */
const undecided: readonly Reason[] = [...providerReasons, 'no_provider', 'provider_disabled'];

const isUndecided = (reason: Reason) => undecided.includes(reason);

/** Read only for factors that verify by them. */
async function settingsToVerify(ctx: RequestContext, { kind, prompt }: Responding, accountId = '') {
  if (!factorOf(kind).settings?.verifies) return success(undefined);
  return settingsInForce(ctx, { kind, accountId, provider: prompt?.provider });
}

/**
 * Spends a proof in the caller's transaction: keeps the state it left over the revision it was judged at, and what must not be accepted again.
 * Otherwise says why nothing may follow from it.
 */
export async function spend({ store, now }: RequestContext, { candidate, proof }: Proven): Promise<Reason | undefined> {
  const { kind, authenticator, prompt } = candidate;
  if (proof.spends) {
    const { id, until } = proof.spends;
    if (!(await spendReply(store, { providerId: prompt?.provider?.id ?? kind, id, until }))) return 'replayed';
  }
  if (!authenticator) return undefined;
  const isKept =
    proof.state === undefined
      ? await touch(store, authenticator.id, now)
      : await advance(store, authenticator, proof.state, now);
  return isKept ? undefined : 'raced';
}
