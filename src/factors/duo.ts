import type { z } from 'zod';
import type { Exchange } from '../base/exchange.ts';
import type { Refusal, Success } from '../base/outcome.ts';
import type { Random } from '../base/random.ts';
import type { Traits } from './factor.ts';
import type { DuoSettings } from './duo-settings.ts';
import { duoUniversal } from './duo-universal.ts';
import { duoWeb } from './duo-web.ts';

/** Duo's two protocols behind one face: a question is asked, the person answers it at Duo, and the reply is checked. */
export type Duo = {
  /** What a person's client brings back. What does not fit can't be right. */
  readonly reply: z.ZodType;
  /** Makes a question about `user`, the very name that passed the first factor. */
  ask(settings: DuoSettings, user: string, help: DuoHelp): Promise<DuoOutcome<DuoQuestion>>;
  /** Judges a reply to the question that `memo` remembers. Whatever is given, it throws nothing. */
  check(settings: DuoSettings, user: string, memo: unknown, reply: unknown, help: DuoHelp): Promise<DuoOutcome<Spent>>;
  /** The `handle` of the question that a reply claims to answer, where there may be several. It proves nothing. */
  handleOf(reply: unknown): string | undefined;
};

/** How the person proved themself is Duo's affair. RFC 8176 has no word for that. */
export const duoTraits: Pick<Traits, 'role' | 'amr' | 'disablesMfa'> = { role: 'second', amr: ['duo'] };

/** `now` is in milliseconds since the Unix epoch. */
export type DuoHelp = {
  readonly now: number;
  readonly random: Random;
  /** Where Duo sends the person back to, for the Universal Prompt. */
  readonly redirectUri: string;
  readonly exchange: Exchange;
};

export type DuoQuestion = {
  /** For the person's client. */
  readonly ask: Readonly<Record<string, string>>;
  /** Survives JSON. It is kept with the challenge, sealed, and given back to `check`. */
  readonly memo: unknown;
  readonly handle: string;
};

/**
 * The identity of an accepted reply. Whoever accepts it keeps the `id`, once only, until the time `until` (milliseconds since the
 * Unix epoch), together with the provider it is about: neither protocol forbids that a reply comes twice.
 */
export type Spent = { readonly id: string; readonly until: number };

export type DuoReason =
  /** The reply proves nothing about this person, or not for this question. */
  | 'wrong'
  /** Duo's protocol has no way to name this user. */
  | 'unsuitable_user'
  /** Duo can't be reached, or is in trouble. */
  | 'provider_unavailable'
  /** Duo does not know our keys, or does not like what we ask. */
  | 'provider_refused'
  /** What answered is not Duo as we know it. */
  | 'provider_nonsense';

/** `detail` is in words and codes of ours: what Duo and clients write may repeat secrets. */
export type DuoOutcome<Value> = Success<Value> | (Refusal<DuoReason> & { readonly detail: string });

/** The protocol that a provider's settings ask for. */
export function duoOf({ application_secret_key: secret }: DuoSettings): Duo {
  return secret === undefined ? duoUniversal : duoWeb;
}
