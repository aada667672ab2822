import { refuse, type Refusal, type Success } from '../../base/outcome.ts';
import type { FactorContext, Prompt, ProviderReason } from '../factor.ts';
import type { DuoSettings } from './settings.ts';

/**
 * One of Duo's two protocols: `ask` creates a prompt, the user authenticates at Duo, and `check` verifies the response.
 */
export type Duo = {
  /** Creates a prompt for `user`, the exact name that passed the first factor. */
  ask(settings: DuoSettings, user: string, ctx: DuoContext): Promise<DuoOutcome<DuoPrompt>>;
  /** Verifies a response. No response makes it throw. */
  check(settings: DuoSettings, answered: DuoResponse, ctx: DuoContext): Promise<DuoOutcome<Spent>>;
  /** The `handle` of the prompt that a response claims to answer. It proves nothing. */
  handleOf(response: unknown): string | undefined;
};

export type DuoContext = Pick<FactorContext, 'now' | 'random' | 'exchange'> & {
  /** The page to which Duo sends the user back after the Universal Prompt. */
  readonly redirectUri: string;
};

export type DuoPrompt = {
  readonly prompt: Extract<Prompt, { shape: 'signedRequest' | 'redirect' }>;
  /** Passed to `check`. */
  readonly memo:
    | { readonly app: string }
    | { readonly state: string; readonly nonce: string; readonly redirect_uri: string };
  readonly handle: string;
};

/** The response of `user` to the prompt that `memo` belongs to. */
export type DuoResponse = { readonly user: string; readonly memo: unknown; readonly response: unknown };

/** The id of an accepted response and the time until which it is refused again: neither protocol prevents replay. */
export type Spent = { readonly id: string; readonly until: number };

/** `wrong`: the response proves nothing about this user, or answers another prompt. */
export type DuoReason = 'wrong' | Exclude<ProviderReason, 'provider_misconfigured'>;

/** `detail` has only our own words and codes: text from Duo and from clients may contain secrets. */
export type DuoOutcome<Value> = Success<Value> | (Refusal<DuoReason> & { readonly detail: string });

/** A refusal with a detail for the audit log. */
export function declined<Reason extends DuoReason>(
  reason: Reason,
  detail: string,
): Refusal<Reason> & { readonly detail: string } {
  return { ...refuse(reason), detail };
}

/** Whether a name can be sent to Duo unchanged: an unpaired surrogate would be sent as another name. */
export function isSuitable(user: string): boolean {
  return user !== '' && user.isWellFormed();
}
