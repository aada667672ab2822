import { refuse, success, type Outcome, type Refusal } from '../../base/outcome.ts';
import { providerReasons, type Binding, type FactorContext, type Proof } from '../../factors/factor.ts';
import { factorOf } from '../../factors/registry.ts';
import type { Read } from '../../factors/define-factor.ts';
import { advance, touch } from '../../store/authenticators.ts';
import { spendReply } from '../../store/spent-replies.ts';
import { claimTry, releaseTry } from '../../store/throttles.ts';
import type { User } from '../../store/users.ts';
import type { Candidate, Responding } from './candidates.ts';
import { userAtProvider } from './user-at-provider.ts';
import { factorContext, type RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { settingsInForce } from '../policy/settings-in-force.ts';

/** A successful proof, and the candidate that verified it. */
export type Proven = {
  readonly candidate: Responding;
  readonly proof: Proof;
  /** The kind under which the try was counted. */
  readonly counted: string;
};

export type VerificationResult = {
  readonly outcome: Outcome<Proven, Reason>;
  /** The kinds under which a failure was counted. */
  readonly missed: readonly string[];
};

export type VerificationInput = {
  /** The name under which failures are counted: a user's id, or a name for an unknown user. */
  readonly subject: string;
  readonly user?: Pick<User, 'id' | 'name' | 'accountId'> | undefined;
  readonly binding: Binding;
  readonly candidates: readonly Responding[];
  /** The kind under which failures with a factor are counted; by default its own. */
  readonly countAs?: (kind: string) => string;
  /** The kind that is counted, and verified against a decoy, if there is no candidate: so it takes the same time. */
  readonly none?: { readonly kind: string; readonly read: Read };
  /** The kinds under which a failure with the same response was counted before. */
  readonly missed?: readonly string[];
};

/**
 * Verifies a response against its candidates. For each kind of factor it counts an attempt before the factor verifies, so
 * that simultaneous guesses cannot exceed the limit. The caller then spends the proof and writes its result in one
 * transaction.
 */
export async function prove(ctx: RequestContext, input: VerificationInput): Promise<VerificationResult> {
  const { subject, user, binding, candidates, countAs = (own) => own, none } = input;
  const groups = Map.groupBy(candidates, ({ kind }) => countAs(kind));
  if (none && groups.size === 0) groups.set(countAs(none.kind), []);
  const missed = [...(input.missed ?? [])];
  let refused: Refusal<Reason> | undefined;
  for (const [counted, group] of groups) {
    const claim = await claimTry(ctx.store, subject, counted, ctx.now);
    if (!claim.ok) {
      refused ??= refuse('throttled', claim.retryAfter);
      continue;
    }
    const factors = factorContext(ctx, { binding, failures: claim.failures, ...subjectOf(user) });
    let refusal: Refusal<Reason> = refuse('no_authenticator');
    try {
      for (const candidate of group) {
        const verified = await verify(ctx, candidate, { user, factors });
        if (verified.ok) {
          // The response belongs to this kind, so the failures counted for the other kinds are taken back.
          for (const other of missed) await releaseTry(ctx.store, subject, other);
          return { outcome: success({ candidate, proof: verified.value, counted }), missed: [] };
        }
        if (refusal.reason !== 'replayed') refusal = verified;
      }
      // Without a candidate, verifying a decoy takes as long as verifying a real one.
      if (group.length === 0) await none?.read.decoy(factors);
    } catch (fault) {
      await releaseTry(ctx.store, subject, counted);
      throw fault;
    }
    if (isUndecided(refusal.reason)) await releaseTry(ctx.store, subject, counted);
    else missed.push(counted);
    refused = refusal;
  }
  return { outcome: refused ?? refuse('no_authenticator'), missed };
}

const subjectOf = (user: VerificationInput['user']) => user && { user: { id: user.id, name: user.name } };

/** Verifies the response against one candidate. */
async function verify(
  ctx: RequestContext,
  candidate: Responding,
  { user, factors }: Pick<VerificationInput, 'user'> & { readonly factors: FactorContext },
): Promise<Outcome<Proof, Reason>> {
  const settings = await settingsToVerify(ctx, candidate, user?.accountId);
  if (!settings.ok) return settings;
  const { state, prompt, read } = candidate;
  const given = { state, memo: prompt?.memo, settings: settings.value };
  return read.verify(given, { ...factors, ...(await subjectAt(ctx, user, candidate)) });
}

/** The user as the provider knows them that has issued the prompt, if one has. */
async function subjectAt({ store }: RequestContext, user: VerificationInput['user'], { prompt }: Candidate) {
  return user && prompt?.provider ? { user: await userAtProvider(store, user, prompt.provider) } : {};
}

/** Reasons that do not mean that the response was wrong. No failure is counted. */
const undecided: readonly Reason[] = [...providerReasons, 'no_provider', 'provider_disabled'];

const isUndecided = (reason: Reason) => undecided.includes(reason);

/** The settings of a candidate, if its factor needs them to verify. */
async function settingsToVerify(ctx: RequestContext, { kind, prompt }: Responding, accountId = '') {
  if (!factorOf(kind).settings?.verifies) return success(undefined);
  return settingsInForce(ctx, { kind, accountId, provider: prompt?.provider });
}

/**
 * Spends a proof in the caller's transaction, so that it is not accepted again: writes the authenticator's next state,
 * if its revision is unchanged, and the id of a provider's response. Returns the reason if another request has spent
 * it.
 */
export async function spend({ store, now }: RequestContext, { candidate, proof }: Proven): Promise<Reason | undefined> {
  const { kind, authenticator, prompt } = candidate;
  if (proof.spends) {
    const { id, until } = proof.spends;
    if (!(await spendReply(store, { providerId: prompt?.provider?.id ?? kind, id, until }))) return 'replayed';
  }
  if (!authenticator) return undefined;
  const isSpent =
    proof.state === undefined
      ? await touch(store, authenticator.id, now)
      : await advance(store, authenticator, proof.state, now);
  return isSpent ? undefined : 'raced';
}
