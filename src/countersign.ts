import { second, systemClock, type Clock } from './base/clock.ts';
import { createExchange } from './base/exchange.ts';
import { SetupError } from './base/fault.ts';
import { createHasher, type HashCost } from './base/hasher.ts';
import type { KeyRing } from './base/keys.ts';
import { createLiveRing, createLiveSafe } from './base/live-ring.ts';
import { systemRandom, type Random } from './base/random.ts';
import { createTurns } from './base/turns.ts';
import { version } from './base/version.ts';
import { operationsOver, type Operations } from './client/operations.ts';
import { createLiveAccessTokens } from './engine/access-token.ts';
import { operator, requestContext, type Context, type Log } from './engine/context.ts';
import { createReread, loadKeyRing } from './engine/upkeep/key-ring.ts';
import { ensureService, prepareRoot, deleteExpired, sendNotices } from './engine/operations.ts';
import type { FirstAdministrator } from './engine/operator/prepare-root.ts';
import { createApp } from './http/server/app.ts';
import type { Environment } from './http/server/client.ts';
import { systemRoutes } from './http/doors/system/system.ts';
import { dialects, routesOf, type Door } from './http/doors/index.ts';
import { inProcess, type Speaker } from './http/server/in-process.ts';
import { createListener, type Listener } from './http/server/listener.ts';
import { createMetrics } from './http/server/metrics.ts';
import type { Route } from './http/route.ts';
import type { Region } from './messages/destinations.ts';
import { readGateways } from './messages/gateways.ts';
import type { Gateway } from './messages/message.ts';
import { createMessenger } from './messages/messenger.ts';
import { createTexts, type TextReplacement } from './messages/texts.ts';
import { checkKeyRing } from './store/meta.ts';
import { migrate } from './store/migrate.ts';
import { openDatabase, type Database } from './store/store.ts';

export type Options = {
  /** `sqlite:FILE` or `postgres://…`. */
  readonly database: string;
  /** The key ring's file. With SQLite and a new database it is made when it is not there. */
  readonly keysFile: string;
  /** The public base URL, with the path that the house is mounted at if there is one: the issuer and audience of access tokens. */
  readonly url: string;
  readonly admin?: FirstAdministrator;
  readonly registration?: 'open' | 'closed';
  /** What takes messages out of the house, in the order in which it is tried; as URLs with spaces between them, as `COUNTERSIGN_GATEWAYS` has them, or your own. */
  readonly gateways?: string | readonly Gateway[];
  /** Other wordings of what the house sends. */
  readonly texts?: readonly TextReplacement[];
  /** How phone numbers without `+` are read: a country's two letters. */
  readonly region?: Region;
  /** How long the codes are that the house sends: 6 (which is the default) to 8 digits. */
  readonly codeDigits?: number;
  /** How many codes may be sent. */
  readonly sending?: Partial<Context['settings']['sending']>;
  readonly duo?: DuoOptions;
  /** Which doors `fetch` and `listener` open; all of them when absent. */
  readonly doors?: readonly Door[];
  /**
   * What `/metrics` answers with, made from this process's own page (Prometheus' text format): where several processes serve, the sum of theirs.
   */
  readonly metrics?: (own: () => string) => () => Promise<string>;
  readonly log?: Log;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly hashCost?: HashCost;
  /** How many passwords are hashed at a time: one for each CPU when absent. Node's pool has four threads unless `UV_THREADPOOL_SIZE` says more. */
  readonly hashing?: number;
};

/** How Duo is reached, where it is a provider. */
export type DuoOptions = {
  /** Hosts beside Duo's own that tenants may name as `api_hostname`: `host` or `host:port`. */
  readonly hosts?: readonly string[];
  /** Certificates in PEM that are trusted in the place of the system's. */
  readonly ca?: string;
  /** How long one answer is waited for, in milliseconds: 5,000 when absent. */
  readonly deadline?: number;
};

export type Countersign = {
  readonly context: Context;
  readonly routes: readonly Route[];
  /** Answers a request at any door. Mount it wherever there are web-standard requests. */
  fetch(request: Request, environment?: Environment): Promise<Response>;
  /** The same for Node's own server, and for frameworks on it: `app.use('/mfa', countersign.listener)` in Express, before any parser of bodies. */
  readonly listener: Listener;
  /**
   * What a service may do, without a socket and without a key, for this process is trusted: the service of that name, made when it is not there.
   * `account` is an account's id or name, the root account when absent.
   */
  service(name: string, account?: string): Promise<Operations & { readonly id: string }>;
  /** The same for whoever holds a token: an access token, a challenge token or a service's key. Without one nobody asks, such as to log in. */
  as(credential?: string): Operations;
  /** The first administrator's password, where it was made at this start. */
  readonly madePassword?: string;
  /** The key ring as it stands now. */
  keys(): KeyRing;
  /** Follows the key ring's file, where keys rotate. A file that can't be used is logged, and the ring stays as it was. */
  rereadKeys(): Promise<void>;
  /** Follows the key ring's file, sends the notices that are due and forgets what is over. `countersign serve` does so by itself; who embeds the house calls it every minute or so. */
  maintain(): Promise<void>;
  close(): Promise<void>;
};

/** Puts the house together: brings the database up to date, checks the key ring against it, and opens the doors. */
export async function createCountersign(options: Options): Promise<Countersign> {
  const { clock = systemClock, random = systemRandom, log = silent, gateways = [] } = options;
  const messenger = createMessenger(typeof gateways === 'string' ? readGateways(gateways, clock) : gateways, log);
  const database = openDatabase(options.database, (error) =>
    log.warn({ err: error }, 'a database connection was lost'),
  );
  try {
    await migrate(database, clock.now());
    const { context, ring, rereadKeys } = await openEngine(options, database, { clock, random, log, messenger });
    const made = await prepareRoot(requestContext(context, operator), options.admin ?? { username: 'admin' });
    const { routes, fetch } = openDoors(options, context);
    return {
      context,
      routes,
      fetch,
      listener: createListener(context, { fetch, url: options.url }),
      ...operationsInProcess(context),
      keys: () => ring.current(),
      rereadKeys,
      async maintain() {
        await rereadKeys();
        await sendNotices(context);
        await deleteExpired(context);
      },
      async close() {
        messenger.close();
        await database.db.destroy();
      },
      ...made,
    };
  } catch (error) {
    await database.db.destroy();
    throw error;
  }
}

type ContextParts = Pick<Context, 'clock' | 'random' | 'log' | 'messenger'>;

async function openEngine(options: Options, database: Database, parts: ContextParts) {
  const { clock, random } = parts;
  const { keysFile, url } = options;
  const loaded = await loadKeyRing(keysFile, database, random);
  const ring = createLiveRing(loaded, clock);
  const store = { db: database.db, safe: createLiveSafe(ring, random) };
  await checkKeyRing(store);
  const context: Context = {
    ...parts,
    store,
    hasher: createHasher(options.hashCost, { running: options.hashing }),
    turns: createTurns(),
    tokens: await createLiveAccessTokens(ring, url),
    exchange: exchangeOf(options),
    texts: createTexts(options.texts),
    settings: settingsOf(options),
    node: random.bytes(16).toString('hex'),
  };
  return { context, ring, rereadKeys: createReread(context, { ring, keysFile, loaded, url }) };
}

function openDoors({ url, doors, metrics: ofAll }: Options, context: Context): Pick<Countersign, 'routes' | 'fetch'> {
  const metrics = createMetrics([
    {
      name: 'countersign_password_hashes_pending',
      help: 'Password hashes that wait or run.',
      read: () => context.hasher.load(),
    },
    { name: 'process_resident_memory_bytes', help: 'Resident memory.', read: () => process.memoryUsage.rss() },
  ]);
  const ownPage = () => metrics.render();
  const routes = systemRoutes(routesOf(doors), { version, url, metrics: ofAll?.(ownPage) ?? ownPage });
  const app = createApp(context, { routes, dialects, metrics, url });
  return { routes, fetch: async (request, environment) => app.fetch(request, environment ?? {}) };
}

function operationsInProcess(context: Context): Pick<Countersign, 'service' | 'as'> {
  const transportOf = inProcess(context, routesOf());
  const inside = (speaker: Speaker) => operationsOver(transportOf(speaker));
  return {
    async service(name, account) {
      const found = await ensureService(requestContext(context, operator), { name, account });
      if (!found.ok) throw new SetupError(`${name} is no service here, and can't be made one (${found.reason})`);
      const { id, accountId } = found.value;
      return { id, ...inside({ service: { id, accountId } }) };
    },
    as: (token) => inside(token === undefined ? undefined : { token }),
  };
}

function settingsOf(options: Options): Context['settings'] {
  const { url, registration = 'closed', region = 'US', codeDigits = 6, sending, duo } = options;
  const ours = { every: 30 * second, perDay: 10, enrollmentsPerAddress: 100, enrollmentsPerAccount: 1000 };
  const { hostname: host, pathname } = new URL(url);
  const place = { host, path: pathname.replace(/\/$/, '') };
  const redirectUri = `${url.replace(/\/$/, '')}/duo/callback`;
  const providers = { redirectUri, allowedHosts: duo?.hosts ?? [] };
  return {
    registration,
    region,
    service: 'Countersign',
    ...place,
    codeDigits,
    ...providers,
    sending: { ...ours, ...sending },
  };
}

function exchangeOf({ duo: { ca, deadline = 5 * second } = {} }: Options): Context['exchange'] {
  return createExchange({ deadline, ca });
}

const silent: Log = { info() {}, warn() {}, error() {} };
