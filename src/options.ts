import { z } from 'zod';
import { isAddressEntry, trustedAddressForm } from './base/addresses.ts';
import { systemClock, type Clock } from './base/clock.ts';
import { databaseUrl } from './base/database-url.ts';
import { SetupError } from './base/fault.ts';
import type { HashCost } from './base/hasher.ts';
import { baseUrlForm, hostForm, isBaseUrl, isHost, isOrigin, originForm } from './base/locations.ts';
import type { Random } from './base/random.ts';
import type { Context, Log } from './engine/context.ts';
import { newUserProfile } from './engine/directory/profile.ts';
import type { FirstAdministrator } from './engine/operator/prepare-root.ts';
import { newPassword } from './factors/password.ts';
import { doorNames, type Door } from './http/doors/index.ts';
import { forwardedHeaders, type ForwardedHeader } from './http/server/forwarded.ts';
import { isRegion, type Region } from './messages/destinations.ts';
import { readGateways } from './messages/gateways.ts';
import type { Gateway } from './messages/message.ts';
import { textReplacement, type TextReplacement } from './messages/texts.ts';

export type Options = {
  /** `sqlite:FILE` or `postgres://…`. */
  readonly database: string;
  /** The file of the key ring. With SQLite and a new database it is created if it does not exist. */
  readonly keysFile: string;
  /** The public base URL, with the path that Countersign is mounted at if there is one: the issuer and audience of access tokens. */
  readonly url: string;
  /** Whether requests have the path of `url`. Express's `use` and Hono's `mount` remove it, so it is false when absent. */
  readonly hasBasePath?: boolean;
  /** The proxies whose forwarding headers are believed: addresses, networks such as `10.0.0.0/8`, or `loopback`. None when absent. */
  readonly trustedProxies?: readonly string[];
  /** The header that they send: `x-forwarded-for` when absent, with `x-forwarded-proto`. All others are ignored. */
  readonly forwardedHeader?: ForwardedHeader;
  readonly admin?: FirstAdministrator;
  readonly registration?: 'open' | 'closed';
  /** The origins, such as `https://app.example.com`, whose pages may use the API from a browser, or `*` for all: none when absent. */
  readonly corsOrigins?: readonly string[];
  /** The gateways that send messages, tried in this order: URLs with spaces between them, as in `COUNTERSIGN_GATEWAYS`, or your own functions. */
  readonly gateways?: string | readonly Gateway[];
  /** Replacements for the texts of messages. */
  readonly texts?: readonly TextReplacement[];
  /** The country of phone numbers without `+`, as two letters: `US` when absent. */
  readonly region?: Region;
  /** The number of digits of codes that are sent, from 6 to 8: 6 when absent. */
  readonly codeDigits?: number;
  /** How many codes may be sent. */
  readonly sending?: Partial<Context['settings']['sending']>;
  readonly duo?: DuoOptions;
  /** The doors that `fetch` and `listener` open: all of them when absent. */
  readonly doors?: readonly Door[];
  /**
   * Returns the answer of `/metrics` for this process's own page (Prometheus' text format). If several processes serve, it adds up their pages.
   */
  readonly metrics?: (own: () => string) => () => Promise<string>;
  readonly log?: Log;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly hashCost?: HashCost;
  /** The number of passwords that are hashed at a time: one for each CPU when absent. Node's pool has four threads unless `UV_THREADPOOL_SIZE` says more. */
  readonly hashing?: number;
};

/** How Duo is reached, where it is a provider. */
export type DuoOptions = {
  /** Hosts besides Duo's own that tenants may name as `api_hostname`: `host` or `host:port`. */
  readonly hosts?: readonly string[];
  /** Certificates in PEM that are trusted instead of the system's. */
  readonly ca?: string;
  /** The longest wait for one answer, in milliseconds: 5,000 when absent. */
  readonly deadline?: number;
};

const text = (form: string, holds: (text: string) => boolean) =>
  z.string(`expected ${form}`).refine(holds, `expected ${form}`);

const count = (least: number, most: number) => {
  const error = `expected a number from ${least} to ${most}`;
  return z.int(error).min(least, error).max(most, error);
};

const object = (form: string) =>
  z.custom((value) => typeof value === 'object' && value !== null, `expected ${form}`).optional();

/** Its messages do not quote URLs, because they contain passwords. */
const gateways = z
  .union([z.string(), z.array(object('a gateway'))], 'expected URLs with spaces between them, or a list of gateways')
  .superRefine((given, context) => {
    try {
      if (typeof given === 'string') readGateways(given, systemClock);
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  });

const shape = z.strictObject(
  {
    database: databaseUrl,
    keysFile: text('the path of a file', (file) => file !== ''),
    url: text(baseUrlForm, isBaseUrl),
    hasBasePath: z.boolean('expected true or false').optional(),
    trustedProxies: z.array(text(trustedAddressForm, isAddressEntry), 'expected a list of addresses').optional(),
    forwardedHeader: z.enum(forwardedHeaders, `expected ${forwardedHeaders.join(' or ')}`).optional(),
    admin: z.strictObject({ username: newUserProfile.shape.name, password: newPassword.optional() }).optional(),
    registration: z.enum(['open', 'closed'], 'expected open or closed').optional(),
    corsOrigins: z.array(text(originForm, isOrigin)).optional(),
    gateways: gateways.optional(),
    texts: z.array(textReplacement).optional(),
    region: text('a country code of two capital letters, such as US', isRegion).optional(),
    codeDigits: count(6, 8).optional(),
    sending: z
      .strictObject({
        every: count(0, 3_600_000),
        perDay: count(1, 1_000_000),
        enrollmentsPerAddress: count(0, 1_000_000),
        enrollmentsPerAccount: count(0, 1_000_000),
      })
      .partial()
      .optional(),
    duo: z
      .strictObject({
        hosts: z.array(text(hostForm, isHost)),
        ca: z.string(),
        deadline: count(1, 600_000),
      })
      .partial()
      .optional(),
    doors: z.array(z.enum(doorNames, `expected one of ${doorNames.join(', ')}`)).optional(),
    metrics: z.custom((value) => typeof value === 'function', 'expected a function').optional(),
    log: object('a log with info, warn and error'),
    clock: object('a clock'),
    random: object('a source of random bytes'),
    hashCost: object('the costs of a password hash'),
    hashing: count(1, 1024).optional(),
  } satisfies Record<keyof Options, z.ZodType>,
  'expected the options database, keysFile and url',
);

/** Checks the options, for programs without types. Errors name the option and never its value, which may be a secret. */
export function checkOptions(options: unknown): void {
  const read = shape.safeParse(options);
  if (read.success) return;
  const wrong = read.error.issues.flatMap((issue) => {
    const at = issue.path.join('.');
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => `unknown option ${at === '' ? key : `${at}.${key}`}`);
    return [at === '' ? issue.message : `${at}: ${issue.message}`];
  });
  throw new SetupError(`createCountersign: ${wrong.join('; ')}`);
}
