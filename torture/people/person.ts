import { TOTP, Secret } from 'otpauth';
import type { Proof } from '../history.ts';

/** The credentials of a simulated user, as far as the client knows them: after a lost answer they may be wrong. */
export type Person = {
  readonly name: string;
  /** The account that requires an app of them; absent: they have registered themselves at the root. */
  readonly account?: string | undefined;
  /** Their id. */
  user?: string | undefined;
  /** Their second factor: apps, or codes by e-mail. */
  readonly factor: 'totp' | 'email';
  /** Passwords that may be valid, the likeliest first. */
  passwords: string[];
  apps: App[];
  /** Recovery codes that were not sent yet. */
  codes: string[];
  readonly sessions: Session[];
  /** Credentials that must be refused by now. */
  readonly spent: SpentCredential[];
  /** Failed logins in a row. */
  failed: number;
  /** How many actions are left before they become idle. */
  actions: number;
};

export type App = {
  readonly id: string;
  readonly seed: string;
  /** The newest step whose code was sent. */
  last: number;
};

/** A session, by one of its tokens: later generations of a session are entries of their own. */
export type Session = {
  readonly id: string;
  readonly generation: number;
  readonly token: string;
  readonly client?: OAuthClient;
  refresh?: string;
  readonly at: number;
};

export type OAuthClient = { readonly id: string; readonly secret: string };

/** The record of a request that a session makes. */
export const sentBy = ({ id, generation }: Session) => ({ session: id, generation });

export type SpentCredential =
  | { readonly kind: 'password' | 'recovery' | 'challenge'; readonly secret: string }
  | { readonly kind: 'refresh'; readonly secret: string; readonly client: OAuthClient }
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'app'; readonly app: App };

type NewPerson = Pick<Person, 'name' | 'factor' | 'account'> & { readonly password: string };

/** How long each list grows. */
const remembered = 12;

export function newPerson({ name, factor, account, password }: NewPerson): Person {
  return {
    name,
    account,
    factor,
    passwords: [password],
    apps: [],
    codes: [],
    sessions: [],
    spent: [],
    failed: 0,
    actions: 0,
  };
}

export function remember<One>(list: One[], one: One): void {
  list.push(one);
  if (list.length > remembered) list.shift();
}

export function forget<One>(list: One[], one: One): void {
  const at = list.indexOf(one);
  if (at >= 0) list.splice(at, 1);
}

/** A code and the proof that it is recorded as. */
export type Shown = { readonly code: string; readonly proof: Proof };

/** Seconds. */
const period = 30;

export const stepAt = (now: number): number => Math.floor(now / 1000 / period);

/** The code of an app at a step, computed by otpauth and not by the server's code. */
export function codeOf({ id, seed }: App, step: number): Shown {
  const code = new TOTP({ secret: Secret.fromBase32(seed), period }).generate({ timestamp: step * period * 1000 });
  return { code, proof: { kind: 'totp', app: id, step } };
}

/** Six digits that no app of the person shows near a step. */
export function wrongCode({ apps, factor }: Person, step: number, drawn: number): Shown {
  const near = new Set(
    apps.flatMap((app) => [-10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2].map((by) => codeOf(app, step + by).code)),
  );
  let number = drawn;
  while (near.has(digits(number))) number += 1;
  return { code: digits(number), proof: { kind: 'wrong', of: factor } };
}

const digits = (number: number) => String(number % 1_000_000).padStart(6, '0');
