import { addressSet } from './base/addresses.ts';
import { second, systemClock } from './base/clock.ts';
import { createExchange } from './base/exchange.ts';
import { SetupError } from './base/fault.ts';
import { createHasher } from './base/hasher.ts';
import type { KeyRing } from './base/keys.ts';
import { basePathOf } from './base/locations.ts';
import { createLiveRing, createLiveSafe } from './base/live-ring.ts';
import { systemRandom } from './base/random.ts';
import { createTurns } from './base/turns.ts';
import { version } from './base/version.ts';
import { operationsOver, type Operations } from './client/operations.ts';
import { createLiveAccessTokens } from './engine/access-token.ts';
import { operator, requestContext, type Context, type Log } from './engine/context.ts';
import { createReload, loadKeyRing } from './engine/upkeep/key-ring.ts';
import { ensureService, prepareRoot, deleteExpired, sendNotices } from './engine/operations.ts';
import { problemPage } from './http/describe/problem-page.ts';
import type { ProblemCode } from './http/problem-codes/index.ts';
import { createApp } from './http/server/app.ts';
import { readClient, type EndUserClient, type Environment } from './http/server/client.ts';
import type { ProxySettings } from './http/server/forwarded.ts';
import { systemRoutes } from './http/doors/system/system.ts';
import { dialects, routesOf } from './http/doors/index.ts';
import { inProcess, type InProcessCaller } from './http/server/in-process.ts';
import { createListener, type Listener } from './http/server/listener.ts';
import { createMetrics } from './http/server/metrics.ts';
import type { Route } from './http/route.ts';
import { readGateways } from './messages/gateways.ts';
import { createMessenger } from './messages/messenger.ts';
import { createTexts } from './messages/texts.ts';
import { checkOptions, type Options } from './options.ts';
import { checkKeyRing } from './store/meta.ts';
import { migrate } from './store/migrate.ts';
import { openDatabase, type Database } from './store/store.ts';

export type Countersign = {
  readonly context: Context;
  readonly routes: readonly Route[];
  /**
   * Answers a request at any door. Mount it in any framework that has web-standard requests. `environment.client` is the end user's address
   * and user agent, where the request does not show them.
   */
  fetch(request: Request, environment?: Environment): Promise<Response>;
  /** The same for Node's own server and frameworks on it: `app.use('/mfa', countersign.listener)` in Express, before any body parser. */
  readonly listener: Listener;
  /**
   * The operations of the service of that name, which is created if it does not exist. It needs no socket and no key, because this process is
   * trusted. `account` is an account's id or name, the root account when absent. `withClient` returns the same operations for one end user,
   * whose address and user agent are then in the audit log.
   */
  service(
    name: string,
    account?: string,
  ): Promise<Operations & { readonly id: string; withClient(client: EndUserClient): Operations }>;
  /**
   * The operations of the holder of a credential: an access token, a challenge token or a service's key. Without a credential: to log in.
   * `client` is the end user's, for the audit log, their sessions and all limits by address. Throws a TypeError if `ip` is not an address.
   */
  as(credential?: string, options?: { readonly client?: EndUserClient | undefined }): Operations;
  /** The first administrator's password, if it was generated at this start. */
  readonly generatedPassword?: string;
  /** The current key ring. */
  keys(): KeyRing;
  /** Reads the key ring's file again, for keys that rotate. A file that cannot be used is logged, and the ring stays as it was. */
  rereadKeys(): Promise<void>;
  /** Reads the key ring's file again, sends due notices and deletes what has expired. Call it once a minute; `countersign serve` does it already. */
  maintain(): Promise<void>;
  close(): Promise<void>;
};

/** Brings the database up to date, checks the key ring against it, and opens the doors. */
export async function createCountersign(options: Options): Promise<Countersign> {
  checkOptions(options);
  const { clock = systemClock, random = systemRandom, log = silent, gateways = [] } = options;
  const messenger = createMessenger(typeof gateways === 'string' ? readGateways(gateways, clock) : gateways, log);
  const database = openDatabase(options.database, (error) =>
    log.warn({ err: error }, 'a database connection was lost'),
  );
  try {
    // First, so that a start that fails because of the keys leaves the database as it was.
    const loaded = await loadKeyRing(options.keysFile, database, random);
    await migrate(database, clock.now());
    const parts = { clock, random, log, messenger };
    const { context, ring, rereadKeys } = await openEngine(options, { database, loaded }, parts);
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

type Opened = { readonly database: Database; readonly loaded: KeyRing };

async function openEngine(options: Options, { database, loaded }: Opened, parts: ContextParts) {
  const { clock, random } = parts;
  const { keysFile, url } = options;
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
  return { context, ring, rereadKeys: createReload(context, { ring, keysFile, loaded, url }) };
}

function openDoors(options: Options, context: Context): Pick<Countersign, 'routes' | 'fetch'> {
  const { url, hasBasePath = false, doors, metrics: ofAll } = options;
  const base = hasBasePath ? basePathOf(url) : '';
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
  const pageOf = (code: ProblemCode) => problemPage(code, context.settings.path);
  const app = createApp(context, { routes, dialects, metrics, url, base, pageOf, proxies: proxiesOf(options) });
  return {
    routes,
    async fetch(request, { client = {}, ...environment } = {}) {
      return app.fetch(request, { ...environment, client: readClient(client) });
    },
  };
}

function proxiesOf({ trustedProxies = [], forwardedHeader = 'x-forwarded-for' }: Options): ProxySettings | undefined {
  const trusted = addressSet(trustedProxies);
  return trusted && trustedProxies.length > 0 ? { trusted, header: forwardedHeader } : undefined;
}

function operationsInProcess(context: Context): Pick<Countersign, 'service' | 'as'> {
  const transportOf = inProcess(context, routesOf());
  const inside = (caller: InProcessCaller, client?: EndUserClient) => operationsOver(transportOf(caller, client));
  return {
    async service(name, account) {
      const found = await ensureService(requestContext(context, operator), { name, account });
      if (!found.ok) throw new SetupError(`${name} is not a service, and cannot be made one (${found.reason})`);
      const { id, accountId } = found.value;
      const caller = { service: { id, accountId } };
      return { id, ...inside(caller), withClient: (client) => inside(caller, client) };
    },
    as: (token, { client } = {}) => inside(token === undefined ? undefined : { token }, client),
  };
}

function settingsOf(options: Options): Context['settings'] {
  const { url, registration = 'closed', corsOrigins = [], region = 'US', codeDigits = 6, sending, duo } = options;
  const ours = { every: 30 * second, perDay: 10, enrollmentsPerAddress: 100, enrollmentsPerAccount: 1000 };
  const place = { host: new URL(url).hostname, path: basePathOf(url) };
  const redirectUri = `${url.replace(/\/$/, '')}/duo/callback`;
  const providers = { redirectUri, allowedHosts: duo?.hosts ?? [] };
  return {
    registration,
    corsOrigins,
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
