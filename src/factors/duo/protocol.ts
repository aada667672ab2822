import { refuse, type Refusal, type Success } from '../../base/outcome.ts';
import type { FactorContext, Prompt, ProviderReason } from '../factor.ts';
import type { DuoSettings } from './settings.ts';

/** One of Duo's two protocols: a question is asked, the user answers it at Duo, and the response is checked. */
export type Duo = {
  /** Makes a question about `user`, the very name that passed the first factor. */
  ask(settings: DuoSettings, user: string, help: DuoHelp): Promise<DuoOutcome<DuoQuestion>>;
  /** Judges a response. Whatever is given, it throws nothing. */
  check(settings: DuoSettings, answered: DuoResponse, help: DuoHelp): Promise<DuoOutcome<Spent>>;
  /** The `handle` of the question that a response claims to answer. It proves nothing. */
  handleOf(response: unknown): string | undefined;
};

export type DuoHelp = Pick<FactorContext, 'now' | 'random' | 'exchange'> & {
  /** Where Duo sends the user back to, for the Universal Prompt. */
  readonly redirectUri: string;
};

export type DuoQuestion = {
  readonly prompt: Extract<Prompt, { shape: 'signedRequest' | 'redirect' }>;
  /** Given back to `check`. */
  readonly memo:
    | { readonly app: string }
    | { readonly state: string; readonly nonce: string; readonly redirect_uri: string };
  readonly handle: string;
};

/** What came back from `user` to the question that `memo` remembers. */
export type DuoResponse = { readonly user: string; readonly memo: unknown; readonly response: unknown };

/** The identity of an accepted response, which may be accepted once until then: neither protocol forbids that one comes twice. */
export type Spent = { readonly id: string; readonly until: number };

/** `wrong`: it proves nothing about this user, or not for this question. */
export type DuoReason = 'wrong' | Exclude<ProviderReason, 'provider_misconfigured'>;

/** `detail` is in words and codes of ours: what Duo and clients write may repeat secrets. */
export type DuoOutcome<Value> = Success<Value> | (Refusal<DuoReason> & { readonly detail: string });

/** A refusal with what the audit log keeps about it. */
export function declined<Reason extends DuoReason>(
  reason: Reason,
  detail: string,
): Refusal<Reason> & { readonly detail: string } {
  return { ...refuse(reason), detail };
}

/** Whether Duo can be asked about a name as it is: half of a surrogate pair would be sent as another name. */
export function isSuitable(user: string): boolean {
  return user !== '' && user.isWellFormed();
}
