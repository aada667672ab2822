import { second, systemClock, type Clock } from './base/clock.ts';
import { createExchange } from './base/exchange.ts';
import { SetupError } from './base/fault.ts';
import { createHasher, type HashCost } from './base/hasher.ts';
import { readKeyFile, writeKeyFile } from './base/key-file.ts';
import { makeKeyRing, type KeyRing } from './base/keys.ts';
import { systemRandom, type Random } from './base/random.ts';
import { createSafe } from './base/seal.ts';
import { createTurns } from './base/turns.ts';
import { version } from './base/version.ts';
import { createAccessTokens } from './engine/access-token.ts';
import type { Context, Log } from './engine/context.ts';
import { prepareRoot } from './engine/operations.ts';
import type { FirstAdministrator } from './engine/setup.ts';
import { createApp, type Environment } from './http/app.ts';
import { houseRoutes } from './http/doors/house.ts';
import { dialects, doors } from './http/doors/index.ts';
import { createMetrics } from './http/metrics.ts';
import type { Route } from './http/route.ts';
import type { Region } from './messages/destinations.ts';
import type { Gateway } from './messages/message.ts';
import { createMessenger } from './messages/messenger.ts';
import { createTexts, type TextReplacement } from './messages/texts.ts';
import { checkKeyRing, isFresh } from './store/meta.ts';
import { migrate } from './store/migrate.ts';
import { openDatabase } from './store/store.ts';

export type Options = {
  /** `sqlite:FILE` or `postgres://…`. */
  readonly database: string;
  /** The key ring's file. With SQLite and a new database it is made when it is not there. */
  readonly keysFile: string;
  /** The public base URL: the issuer and audience of access tokens. */
  readonly url: string;
  readonly admin?: FirstAdministrator;
  readonly registration?: 'open' | 'closed';
  /** What takes messages out of the house, in the order in which it is tried. */
  readonly gateways?: readonly Gateway[];
  /** Other wordings of what the house sends. */
  readonly texts?: readonly TextReplacement[];
  /** How phone numbers without `+` are read: a country's two letters. */
  readonly region?: Region;
  /** How long the codes are that the house sends: 6 (which is the default) to 8 digits. */
  readonly codeDigits?: number;
  /** How often a code may be sent. */
  readonly sending?: Partial<Context['settings']['sending']>;
  readonly duo?: DuoOptions;
  readonly log?: Log;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly hashCost?: HashCost;
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
  /** Answers a request at any door. */
  fetch(request: Request, environment?: Environment): Promise<Response>;
  /** The first administrator's password, where it was made at this start. */
  readonly madePassword?: string;
  close(): Promise<void>;
};

/** Puts the house together: brings the database up to date, checks the key ring against it, and opens the doors. */
export async function createCountersign(options: Options): Promise<Countersign> {
  const { clock = systemClock, random = systemRandom, log = silent } = options;
  const database = openDatabase(options.database, (error) =>
    log.warn({ err: error }, 'a database connection was lost'),
  );
  const messenger = createMessenger(options.gateways ?? [], log);
  try {
    await migrate(database, clock.now());
    const ring = await loadKeyRing(options, database, random);
    const store = { db: database.db, safe: createSafe(ring, random) };
    await checkKeyRing(store);
    const hasher = createHasher(options.hashCost);
    const tokens = await createAccessTokens(ring, options.url);
    const texts = createTexts(options.texts);
    const turns = createTurns();
    const context = {
      store,
      clock,
      random,
      hasher,
      turns,
      tokens,
      messenger,
      duo: duoWay(options),
      texts,
      log,
      settings: settingsOf(options),
      node: random.bytes(16).toString('hex'),
    };
    const made = await prepareRoot(context, options.admin ?? { username: 'admin' });
    const metrics = createMetrics([
      {
        name: 'countersign_password_hashes_pending',
        help: 'Password hashes that wait or run.',
        read: () => hasher.load(),
      },
      { name: 'process_resident_memory_bytes', help: 'Resident memory.', read: () => process.memoryUsage.rss() },
    ]);
    const routes = houseRoutes(doors, { version, url: options.url, metrics });
    const app = createApp(context, routes, dialects, metrics);
    return {
      context,
      routes,
      fetch: async (request, environment) => app.fetch(request, environment ?? {}),
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

function settingsOf(options: Options): Context['settings'] {
  const { url, registration = 'closed', region = 'US', codeDigits = 6, sending } = options;
  const limits = { every: 30 * second, perDay: 10, perAccountPerDay: 5000, ...sending };
  return { registration, region, service: 'Countersign', host: new URL(url).hostname, codeDigits, sending: limits };
}

function duoWay({ url, duo: { hosts = [], ca, deadline = 5 * second } = {} }: Options): Context['duo'] {
  return { hosts, redirectUri: new URL('/duo/callback', url).href, exchange: createExchange({ deadline, ca }) };
}

async function loadKeyRing(
  { keysFile }: Options,
  database: ReturnType<typeof openDatabase>,
  random: Random,
): Promise<KeyRing> {
  const ring = readKeyFile(keysFile);
  if (ring) return ring;
  if (database.flavour === 'postgres') {
    throw new SetupError(
      `there is no keys file ${keysFile}: with PostgreSQL every node needs the same one; make it with: countersign keys make`,
    );
  }
  if (!(await isFresh(database.db))) {
    // Another process may have made both since we looked.
    const made = readKeyFile(keysFile);
    if (made) return made;
    throw new SetupError(
      `the keys file ${keysFile} is missing, and the database was written with it: restore it from a backup`,
    );
  }
  return writeKeyFile(keysFile, makeKeyRing(random), random);
}

const silent: Log = { info() {}, warn() {}, error() {} };
