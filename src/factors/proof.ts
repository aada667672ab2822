import type { Outcome } from '../base/outcome.ts';

/** What was proven. */
export type Proof<State = unknown> = {
  /** The state to keep from now on. Absent: nothing changed, and nothing is spent in it. */
  readonly state?: State;
  /** Authentication method references (RFC 8176, and names of ours where it has none). */
  readonly amr: readonly string[];
  readonly factors: 1 | 2;
  readonly phishingResistant: boolean;
  /** What was accepted and must never be accepted again until then, where no authenticator's state spends it. */
  readonly spends?: { readonly id: string; readonly until: number };
  /** Of a confirmed enrollment: what it is found under, where only the confirmation says it. */
  readonly lookup?: string;
};

export type Verdict<State = unknown> = Outcome<Proof<State>, VerifyReason>;

export type VerifyReason = 'wrong' | 'replayed' | ProviderReason;
export type EnrollReason = 'malformed_input' | 'password_too_common' | 'password_is_name' | VerifyReason;
export type ProviderReason = (typeof providerReasons)[number];

/** Nothing was decided about the user: no failure is counted. */
export const providerReasons = [
  /** The provider's protocol has no way to name this user. */
  'unsuitable_user',
  /** It cannot be reached, or is in trouble. */
  'provider_unavailable',
  /** It does not know our keys, or does not accept the request. */
  'provider_refused',
  /** The answer is not of the provider's protocol. */
  'provider_nonsense',
  /** Its settings are not what the factor needs. */
  'provider_misconfigured',
] as const;
