import { factorOf, hasRole, isEnrolled, isKind } from '../../factors/registry.ts';
import type { Read } from '../../factors/define-factor.ts';
import { listForLogin, type Authenticator } from '../../store/authenticators.ts';
import type { Challenge } from '../../store/challenge-rows.ts';
import type { StoredPrompt } from '../../store/prompts.ts';
import type { SecondFactorResponse } from './response.ts';
import type { RequestContext } from '../context.ts';
import { recoveryKinds } from '../policy/second-factors.ts';

/** A possible answer to a challenge: one of its user's authenticators, or a provider that verifies by itself and keeps nothing here. */
export type Candidate = {
  readonly kind: string;
  readonly state: unknown;
  readonly authenticator?: Authenticator;
  /** The prompt that was put, where one is kept. */
  readonly prompt?: StoredPrompt | undefined;
};

/** With the response, as its factor read it. */
export type Responding = Candidate & { readonly read: Read };

/** What may answer an open challenge, of what the response is meant for. */
export async function candidatesOf(
  { store, now }: RequestContext,
  challenge: Challenge,
  meant: Pick<SecondFactorResponse, 'role' | 'kind'>,
): Promise<readonly Candidate[]> {
  const prompts = challenge.prompts.filter(({ expiresAt }) => expiresAt > now);
  // Where only a provider answers, what the user has is of no interest.
  const own = isForProvidersOnly(challenge) ? [] : await listForLogin(store, challenge.userId, []);
  const ownCandidates = own
    .filter(({ kind }) => answers(challenge, kind))
    .map((authenticator) => {
      const { kind, state } = authenticator;
      return { kind, state, authenticator, prompt: prompts.find((one) => one.kind === kind) };
    });
  const provided = prompts
    .filter(({ kind, provider }) => provider !== null && !isEnrolled(kind))
    .map((prompt) => ({ kind: prompt.kind, state: null, prompt }));
  return [...ownCandidates, ...provided].filter(({ kind }) => isMeant(kind, meant));
}

/** Whether a challenge may be answered with one of the user's authenticators of a kind. A recovery code stands in for each that is lost. */
export function answers(challenge: Challenge, kind: string): boolean {
  const { kinds } = challenge;
  const { roles, disablesMfa } = factorOf(kind).traits;
  // Turning everything off is what a login can do, and nothing that is asked of a user who is logged in.
  if (challenge.kind !== 'login' && disablesMfa) return false;
  if (roles.includes('recovery')) return !isForProvidersOnly(challenge);
  return roles.includes('second') && (kinds === null || kinds.includes(kind));
}

/** Recovery codes stand in for no provider, for such a provider has its own. */
const isForProvidersOnly = ({ kinds }: Challenge) =>
  kinds !== null && !kinds.some((kind) => isKind(kind) && isEnrolled(kind));

const isMeant = (kind: string, { role, kind: named = kind }: Pick<SecondFactorResponse, 'role' | 'kind'>) =>
  named === kind && (role === undefined || hasRole(kind, role));

/** The candidates that a response can belong to, fast ones first; and the kinds whose form it has. It is parsed once for each kind. */
export function reading(candidates: readonly Candidate[], response: unknown) {
  const reads = new Map(candidates.map(({ kind }) => [kind, factorOf(kind).read(response)]));
  const responding = candidates.flatMap((candidate): Responding[] => {
    const read = reads.get(candidate.kind);
    return read?.matches(candidate.state) ? [{ ...candidate, read }] : [];
  });
  return { responding, kinds: [...reads].flatMap(([kind, read]) => (read ? [kind] : [])) };
}

/** Whether a response has the form of a recovery code. The answer to one does not say whether the user has any, or could use it here. */
export function looksLikeRecovery({ response, ...meant }: SecondFactorResponse): boolean {
  const kinds = recoveryKinds.filter((kind) => isMeant(kind, meant));
  return kinds.some((kind) => factorOf(kind).read(response) !== undefined);
}
