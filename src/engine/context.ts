import type { Clock } from '../base/clock.ts';
import type { Exchange } from '../base/exchange.ts';
import type { Hasher } from '../base/hasher.ts';
import type { Random } from '../base/random.ts';
import type { Outcome } from '../base/outcome.ts';
import type { Turns } from '../base/turns.ts';
import type { FactorContext, Operator } from '../factors/factor.ts';
import type { Region } from '../messages/destinations.ts';
import type { Messenger } from '../messages/messenger.ts';
import type { Texts } from '../messages/texts.ts';
import { inTransaction, type Store } from '../store/store.ts';
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
  /** How providers are reached. */
  readonly exchange: Exchange;
  readonly texts: Texts;
  readonly log: Log;
  readonly settings: Settings;
  /** Which of several nodes this is: 32 hexadecimal digits, made anew at each start. */
  readonly node: string;
};

export type Settings = Operator & {
  /** Whether strangers may make users. */
  readonly registration: 'open' | 'closed';
  /** What the house is called in messages, and the host at which codes are typed. */
  readonly service: string;
  readonly host: string;
  /** The path below which the house is mounted; empty where it has a host of its own. */
  readonly path: string;
  /** How phone numbers without `+` are read. */
  readonly region: Region;
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

/** The client of a command: in the log of attempts, what the operator does has no address. */
export const operator: Client = { ip: null, userAgent: null, requestId: null };

/** The context of one request: made once when it comes, and given to every operation as its first argument. */
export type RequestContext = Context & {
  readonly client: Client;
  /** The instant of the request, in milliseconds since the Unix epoch. */
  readonly now: number;
  /** The same request at the present instant. Call it after a wait: a turn, a slow hash, a call to a provider or a gateway. */
  at(): RequestContext;
};

export function requestContext(ctx: Context, client: Client): RequestContext {
  return {
    ...ctx,
    client,
    now: ctx.clock.now(),
    // Of the copy that it is called on, which may be inside a transaction.
    at() {
      return requestContext(this, this.client);
    },
  };
}

/** Takes work on one key in turns. A turn begins at the instant at which it is given. */
export function inTurn<Value>(
  ctx: RequestContext,
  key: string,
  work: (turn: RequestContext) => Promise<Value>,
): Promise<Value> {
  return ctx.turns(key, () => work(ctx.at()));
}

/** Runs `work` in one transaction, with the same context inside it. What it wrote is kept only when its outcome is a success. */
export function withTransaction<Value, Reason extends string>(
  ctx: RequestContext,
  work: (tx: RequestContext) => Promise<Outcome<Value, Reason>>,
): Promise<Outcome<Value, Reason>> {
  return inTransaction(ctx.store, (store) => work({ ...ctx, store }));
}

/** What a factor may use at the instant of a request, and what it is used for. */
export function factorContext(
  { now, random, store, hasher, exchange, settings }: RequestContext,
  about: Pick<FactorContext, 'binding'> & Partial<Pick<FactorContext, 'user' | 'failures'>> = forLogin,
): FactorContext {
  return { now, random, safe: store.safe, hasher, exchange, operator: settings, failures: 0, ...about };
}

/** What all logins share. */
export const forLogin = { binding: { purpose: 'login' } } as const;
