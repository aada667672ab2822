import type { Exchange } from '../base/exchange.ts';
import type { Hasher } from '../base/hasher.ts';
import type { Random } from '../base/random.ts';
import type { Safe } from '../base/seal.ts';

/** The tools that a factor may use, and the facts about the request that it is used for. */
export type FactorContext = {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  readonly random: Random;
  readonly safe: Pick<Safe, 'mac' | 'macs'>;
  readonly hasher: Hasher;
  readonly exchange: Exchange;
  readonly operator: Operator;
  readonly binding: Binding;
  /** Consecutive failures of the user with this factor before this response. */
  readonly failures: number;
  /** Absent only in a discoverable login, where the user is not known yet. */
  readonly user?: Subject;
};

/** The operator's settings, which apply to all accounts. */
export type Operator = {
  /** The length of the codes that are sent: 6 to 8 digits. */
  readonly codeDigits: number;
  /** The page to which a provider sends the user back, unless its settings name another one. */
  readonly redirectUri: string;
  /** Hosts (`host` or `host:port`) that accounts may use in addition to a provider's own. */
  readonly allowedHosts: readonly string[];
};

/**
 * The purpose of a prompt. A proof for one purpose is not accepted for another. All logins of a user share one binding,
 * because two dialects keep no state between requests.
 */
export type Binding =
  | { readonly purpose: 'login' }
  | { readonly purpose: 'discoverable_login' }
  | { readonly purpose: 'service' | 'step_up'; readonly challengeId: string; readonly action: string | null }
  | { readonly purpose: 'enrollment'; readonly authenticatorId: string };

/** `id` is stable and opaque, so authenticators may store it. */
export type Subject = { readonly id: string; readonly name: string };
