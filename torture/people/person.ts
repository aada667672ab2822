import { TOTP, Secret } from 'otpauth';
import type { Proof } from '../history.ts';

/** What somebody who logs in knows and has, as far as they know: where no answer came they may be wrong. */
export type Person = {
  readonly name: string;
  /** How their codes come: from apps, or by e-mail. */
  readonly way: 'totp' | 'email';
  /** The passwords that may be theirs, the likeliest first. */
  passwords: string[];
  apps: App[];
  /** Recovery codes that they have not used, and those of no more use. */
  codes: string[];
  readonly sessions: Session[];
  /** What has to be worth nothing by now. */
  readonly ghosts: Ghost[];
  /** Logins in a row that came to nothing. */
  failed: number;
  /** How many things they will still do before they go to sleep. */
  plays: number;
};

export type App = {
  readonly id: string;
  readonly seed: string;
  /** The newest step whose code they sent. */ last: number;
};

export type Session = { readonly id: string; readonly token: string; refresh?: string; readonly at: number };

export type Ghost =
  | { readonly kind: 'password' | 'recovery' | 'challenge' | 'refresh'; readonly secret: string }
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'app'; readonly app: App };

/** How many of each they remember. */
const remembered = 12;

export function newPerson(name: string, way: Person['way'], password: string): Person {
  return {
    name,
    way,
    passwords: [password],
    apps: [],
    codes: [],
    sessions: [],
    ghosts: [],
    failed: 0,
    plays: 0,
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

/** A code and what it proves. */
export type Shown = { readonly code: string; readonly proof: Proof };

/** Seconds. */
const period = 30;

export const stepAt = (now: number): number => Math.floor(now / 1000 / period);

/** What an app shows at a step, told by otpauth and not by the house's own arithmetic. */
export function codeOf({ id, seed }: App, step: number): Shown {
  const code = new TOTP({ secret: Secret.fromBase32(seed), period }).generate({ timestamp: step * period * 1000 });
  return { code, proof: { kind: 'totp', app: id, step } };
}

/** Six digits that none of the apps shows anywhere near a step. */
export function wrongCode({ apps, way }: Person, step: number, drawn: number): Shown {
  const near = new Set(
    apps.flatMap((app) => [-10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2].map((by) => codeOf(app, step + by).code)),
  );
  let number = drawn;
  while (near.has(digits(number))) number += 1;
  return { code: digits(number), proof: { kind: 'wrong', of: way } };
}

const digits = (number: number) => String(number % 1_000_000).padStart(6, '0');
