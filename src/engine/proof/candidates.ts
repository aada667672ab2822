import { factorOf, hasRole, isEnrolled, isKind } from '../../factors/registry.ts';
import type { Read } from '../../factors/define-factor.ts';
import type { Authenticator } from '../../store/authenticators.ts';
import { listForLogin } from '../../store/login-authenticators.ts';
import type { Challenge } from '../../store/challenge-rows.ts';
import type { StoredPrompt } from '../../store/prompts.ts';
import type { SecondFactorResponse } from './response.ts';
import type { RequestContext } from '../context.ts';
import { recoveryKinds } from '../policy/second-factors.ts';

/** A possible verifier of a response: an authenticator of the user, or an external provider. */
export type Candidate = {
  readonly kind: string;
  readonly state: unknown;
  readonly authenticator?: Authenticator;
  /** The prompt of the challenge, if one is stored. */
  readonly prompt?: StoredPrompt | undefined;
};

/** A candidate with the response as its factor has parsed it. */
export type Responding = Candidate & { readonly read: Read };

/** The candidates that may answer an open challenge, limited to the role and kind that the response names. */
export async function candidatesOf(
  { store, now }: RequestContext,
  challenge: Challenge,
  wanted: Pick<SecondFactorResponse, 'role' | 'kind'>,
): Promise<readonly Candidate[]> {
  const prompts = challenge.prompts.filter(({ expiresAt }) => expiresAt > now);
  // If only an external provider may answer, the user's authenticators need not be read.
  const own = isForProvidersOnly(challenge) ? [] : await listForLogin(store, challenge.userId);
  const ownCandidates = own
    .filter(({ kind }) => mayAnswer(challenge, kind))
    .map((authenticator) => {
      const { kind, state } = authenticator;
      return { kind, state, authenticator, prompt: prompts.find((one) => one.kind === kind) };
    });
  const provided = prompts
    .filter(({ kind, provider }) => provider !== null && !isEnrolled(kind))
    .map((prompt) => ({ kind: prompt.kind, state: null, prompt }));
  return [...ownCandidates, ...provided].filter(({ kind }) => isWanted(kind, wanted));
}

/** Whether an authenticator of a kind may answer a challenge. Recovery codes may, in place of a lost second factor. */
export function mayAnswer(challenge: Challenge, kind: string): boolean {
  const { kinds } = challenge;
  const { roles, disablesMfa } = factorOf(kind).traits;
  // A code that turns multi-factor authentication off is for logins only.
  if (challenge.kind !== 'login' && disablesMfa) return false;
  if (roles.includes('recovery')) return kinds === null || kinds.some(isEnrolledSecond);
  // A user without a second factor steps up with the first.
  if (!roles.includes('second')) return challenge.kind === 'step_up' && kinds?.includes(kind) === true;
  return kinds === null || kinds.includes(kind);
}

/** Recovery codes do not replace a first factor, or an external provider, which has its own recovery. */
const isEnrolledSecond = (kind: string) => isKind(kind) && isEnrolled(kind) && hasRole(kind, 'second');

const isForProvidersOnly = ({ kinds }: Challenge) =>
  kinds !== null && !kinds.some((kind) => isKind(kind) && isEnrolled(kind));

const isWanted = (kind: string, { role, kind: named = kind }: Pick<SecondFactorResponse, 'role' | 'kind'>) =>
  named === kind && (role === undefined || hasRole(kind, role));

/**
 * The candidates that a response may belong to, and the kinds whose format it has. The response is parsed once for each
 * kind.
 */
export function readResponse(candidates: readonly Candidate[], response: unknown) {
  const reads = new Map(candidates.map(({ kind }) => [kind, factorOf(kind).read(response)]));
  const responding = candidates.flatMap((candidate): Responding[] => {
    const read = reads.get(candidate.kind);
    return read?.matches(candidate.state) ? [{ ...candidate, read }] : [];
  });
  return { responding, kinds: [...reads].flatMap(([kind, read]) => (read ? [kind] : [])) };
}

/**
 * Whether a response has the format of a recovery code. This does not depend on whether the user has recovery codes.
 */
export function looksLikeRecovery({ response, ...wanted }: SecondFactorResponse): boolean {
  const kinds = recoveryKinds.filter((kind) => isWanted(kind, wanted));
  return kinds.some((kind) => factorOf(kind).read(response) !== undefined);
}
