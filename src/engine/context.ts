import type { Clock } from '../base/clock.ts';
import type { Hasher } from '../base/hasher.ts';
import type { Random } from '../base/random.ts';
import type { Turns } from '../base/turns.ts';
import type { DuoHelp } from '../factors/duo.ts';
import type { Help } from '../factors/factor.ts';
import type { Region } from '../messages/destinations.ts';
import type { Messenger } from '../messages/messenger.ts';
import type { Texts } from '../messages/texts.ts';
import type { Store } from '../store/store.ts';
import type { AccessTokens } from './access-token.ts';

/** Everything an operation may use, made once in `countersign.ts` and handed to every operation as its first argument. */
export type Context = {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly hasher: Hasher;
  readonly turns: Turns;
  readonly tokens: AccessTokens;
  readonly messenger: Messenger;
  readonly duo: DuoWay;
  readonly texts: Texts;
  readonly log: Log;
  readonly settings: Settings;
  /** Which of several nodes this is: 32 hexadecimal digits, made anew at each start. */
  readonly node: string;
};

/** How Duo is reached. */
export type DuoWay = Pick<DuoHelp, 'exchange' | 'redirectUri'> & {
  /** Hosts beside Duo's own that tenants may name: `host` or `host:port`. */
  readonly hosts: readonly string[];
};

export type Settings = {
  /** Whether strangers may make users. */
  readonly registration: 'open' | 'closed';
  /** What the house is called in messages, and the host at which codes are typed. */
  readonly service: string;
  readonly host: string;
  /** The path below which the house is mounted; empty where it has a host of its own. */
  readonly path: string;
  /** How phone numbers without `+` are read. */
  readonly region: Region;
  /** How long the codes are that the house sends: 6 to 8 digits. */
  readonly codeDigits: number;
  readonly sending: SendingLimits;
};

/** How many codes may be sent. Logins and enrollments of unconfirmed destinations are counted apart. */
export type SendingLimits = {
  /** Milliseconds between two messages to one destination. */
  readonly every: number;
  /** How many messages one destination gets in a day, of logins and of enrollments each. */
  readonly perDay: number;
  /** How many messages the enrollments of a day may send, from one client address and in one account; 0: any number. */
  readonly enrollmentsPerAddress: number;
  readonly enrollmentsPerAccount: number;
};

/** Structured lines for the operator. Nothing secret is ever handed to it. */
export type Log = {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
};

/** Where a request came from, as the log of attempts keeps it. */
export type Client = {
  readonly ip: string | null;
  /** Whether it says that a proxy forwarded it, so that `ip` may be the proxy's. */
  readonly isForwarded?: boolean;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  /** The language that its person reads (RFC 5646), where it said one. */
  readonly language?: string | undefined;
};

/** What the factors may use, at the one instant this request lives in. */
export function helpAt({ random, store, hasher, settings }: Context, now: number): Help {
  return { now, random, safe: store.safe, hasher, codeDigits: settings.codeDigits, failures: 0 };
}
