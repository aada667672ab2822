import type { Exchange } from '../base/exchange.ts';
import type { Hasher } from '../base/hasher.ts';
import type { Random } from '../base/random.ts';
import type { Safe } from '../base/seal.ts';

/** What a factor may use, and what it is used for. */
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
  /** Absent only where the user is not known yet: a discoverable login. */
  readonly user?: Subject;
};

/** What the operator of the server sets for all accounts. */
export type Operator = {
  /** How long the codes are that are sent: 6 to 8 digits. */
  readonly codeDigits: number;
  /** Where a provider sends the user back to, unless its settings name another page. */
  readonly redirectUri: string;
  /** Hosts (`host` or `host:port`) that accounts may name beside a provider's own. */
  readonly allowedHosts: readonly string[];
};

/** What a prompt is for. A proof made for one is good for no other; all logins of a user share one, for two dialects keep no state. */
export type Binding =
  | { readonly purpose: 'login' }
  | { readonly purpose: 'discoverable_login' }
  | { readonly purpose: 'service' | 'step_up'; readonly challengeId: string; readonly action: string | null }
  | { readonly purpose: 'enrollment'; readonly authenticatorId: string };

/** `id` is stable and opaque: what authenticators may keep of a user. */
export type Subject = { readonly id: string; readonly name: string };
