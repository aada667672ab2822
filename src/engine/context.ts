import type { Clock } from '../base/clock.ts';
import type { Exchange } from '../base/exchange.ts';
import type { Hasher } from '../base/hasher.ts';
import type { Random } from '../base/random.ts';
import { refuse, type Outcome } from '../base/outcome.ts';
import type { Turns } from '../base/turns.ts';
import type { FactorContext, Operator } from '../factors/factor.ts';
import type { Region } from '../messages/destinations.ts';
import type { Messenger } from '../messages/messenger.ts';
import type { Texts } from '../messages/texts.ts';
import { findLiveSession } from '../store/sessions.ts';
import { inTransaction, type Store } from '../store/store.ts';
import type { AccessTokens } from './access-token.ts';

/** Everything that operations may use. `countersign.ts` makes it once per process. */
export type Context = {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly hasher: Hasher;
  readonly turns: Turns;
  readonly tokens: AccessTokens;
  readonly messenger: Messenger;
  /** Sends requests to providers. */
  readonly exchange: Exchange;
  readonly texts: Texts;
  readonly log: Log;
  readonly settings: Settings;
  /** The id of this node: 32 hexadecimal digits, random at each start. */
  readonly node: string;
};

export type Settings = Operator & {
  /** Whether people may register themselves. */
  readonly registration: 'open' | 'closed';
  /** The origins whose pages may use the API, or `*`. */
  readonly corsOrigins: readonly string[];
  /** The name of the service in messages, and the host where users enter codes. */
  readonly service: string;
  readonly host: string;
  /** The path below which the server is mounted; empty if it has its own host. */
  readonly path: string;
  /** The country of phone numbers without `+`. */
  readonly region: Region;
  readonly sending: SendingLimits;
};

/** Limits on sent codes. Logins and enrollments are counted separately. */
export type SendingLimits = {
  /** Milliseconds between two messages to one destination. */
  readonly every: number;
  /** Messages to one destination per day, for logins and for enrollments each. */
  readonly perDay: number;
  /** Messages of enrollments per day, for one client address and for one account; 0 is no limit. */
  readonly enrollmentsPerAddress: number;
  readonly enrollmentsPerAccount: number;
};

/** The server's log, with structured lines. Secrets are never passed to it. */
export type Log = {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
};

/** Where a request came from, for the audit log. */
export type Client = {
  readonly ip: string | null;
  /** Whether the request has a header of a proxy that is not trusted, so that `ip` may be the proxy's address. */
  readonly isForwarded?: boolean;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  /** The user's language (RFC 5646), if the request names one. */
  readonly language?: string | undefined;
};

/** The client of a command. In the audit log, actions of the operator have no address. */
export const operator: Client = { ip: null, userAgent: null, requestId: null };

/** The context of one request, the first argument of every operation. */
export type RequestContext = Context & {
  readonly client: Client;
  /** The time of the request, in milliseconds since the Unix epoch. */
  readonly now: number;
  /** The password in the body of the request: fresh proof, for this request, of a user without a second factor. */
  readonly currentPassword?: string | undefined;
  /** The id of the session of a key with `manage`. No transaction of the request commits once the key has ended. */
  readonly keySessionId?: string;
  /**
   * The same context with the current time. Call it after a wait: for a turn, a password hash, a provider or a gateway.
   */
  at(): RequestContext;
};

export function requestContext(ctx: Context, client: Client): RequestContext {
  return {
    ...ctx,
    client,
    now: ctx.clock.now(),
    // `this`, because a copy of this context may have a transaction as its store.
    at() {
      return requestContext(this, this.client);
    },
  };
}

/** Runs the work of each key one at a time. `work` gets a context with the time at which its turn begins. */
export function inTurn<Value>(
  ctx: RequestContext,
  key: string,
  work: (turn: RequestContext) => Promise<Value>,
): Promise<Value> {
  return ctx.turns(key, () => work(ctx.at()));
}

/** Runs `work` in one transaction, which is rolled back if `work` returns a refusal or throws. */
export function withTransaction<Value, Reason extends string>(
  ctx: RequestContext,
  work: (tx: RequestContext) => Promise<Outcome<Value, Reason>>,
): Promise<Outcome<Value, Reason | 'invalid_token'>> {
  const { keySessionId } = ctx;
  return inTransaction<Value, Reason | 'invalid_token'>(ctx.store, async (store) => {
    const outcome = await work({ ...ctx, store });
    if (!outcome.ok || keySessionId === undefined) return outcome;
    // Last, after every wait for a lock: the key's maker may have been demoted in between.
    return (await findLiveSession(store, keySessionId, ctx.at().now)) ? outcome : refuse('invalid_token');
  });
}

/** The context for a factor: what it may use, and `about` which user and purpose it is called. */
export function factorContext(
  { now, random, store, hasher, exchange, settings }: RequestContext,
  about: Pick<FactorContext, 'binding'> & Partial<Pick<FactorContext, 'user' | 'failures'>> = forLogin,
): FactorContext {
  return { now, random, safe: store.safe, hasher, exchange, operator: settings, failures: 0, ...about };
}

/** The binding of all logins. */
export const forLogin = { binding: { purpose: 'login' } } as const;
