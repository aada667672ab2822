import type { Outcome } from '../base/outcome.ts';

/** The result of a successful verification. */
export type Proof<State = unknown> = {
  /** The new state to store. Absent: nothing changed, and nothing in the state is spent. */
  readonly state?: State;
  /** Authentication method references (RFC 8176, and our own names where it has none). */
  readonly amr: readonly string[];
  readonly factors: 1 | 2;
  readonly phishingResistant: boolean;
  /**
   * The id of a response that must not be accepted again before `until`, for factors whose state does not record it.
   */
  readonly spends?: { readonly id: string; readonly until: number };
  /** The keyed hash by which a confirmed enrollment is found, if only its confirmation determines it. */
  readonly lookup?: string;
};

export type Verdict<State = unknown> = Outcome<Proof<State>, VerifyReason>;

export type VerifyReason = 'wrong' | 'replayed' | ProviderReason;
export type EnrollReason = 'malformed_input' | 'password_too_common' | 'password_is_name' | VerifyReason;
export type ProviderReason = (typeof providerReasons)[number];

/** The provider decided nothing about the user, so no failure is counted. */
export const providerReasons = [
  /** The provider's protocol cannot express this user's name. */
  'unsuitable_user',
  /** The provider cannot be reached, or has an internal error. */
  'provider_unavailable',
  /** The provider does not know our keys, or does not accept the request. */
  'provider_refused',
  /** The response does not follow the provider's protocol. */
  'provider_nonsense',
  /** The provider's settings are not valid for the factor. */
  'provider_misconfigured',
] as const;
