import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isAddressEntry } from '../base/addresses.ts';
import { second, systemClock } from '../base/clock.ts';
import { databaseUrl } from '../base/database-url.ts';
import { errorCode } from '../base/error-code.ts';
import { SetupError } from '../base/fault.ts';
import { basePathOf, isBaseUrl, isHost, isOrigin } from '../base/locations.ts';
import type { Options } from '../options.ts';
import { forwardedHeaders } from '../http/server/forwarded.ts';
import { newUserProfile } from '../engine/directory/profile.ts';
import { newPassword } from '../factors/password.ts';
import { isRegion } from '../messages/destinations.ts';
import { readGateways } from '../messages/gateways.ts';
import type { Gateway } from '../messages/message.ts';
import { textReplacement } from '../messages/texts.ts';
import { variables, type Variable } from './variables.ts';

const expected = (name: Variable) => `expected ${variables[name].type}`;

const path = (name: Variable) => z.string().min(1, expected(name));

const baseUrl = z
  .string()
  .refine(isBaseUrl, expected('COUNTERSIGN_URL'))
  .transform((text) => new URL(text).origin + basePathOf(text));

const count = (name: Variable, least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, expected(name))
    .transform(Number)
    .refine((number) => number >= least && number <= most, expected(name));

/** Its messages do not quote the text, which contains passwords. */
const gateways = z.string().transform((text, context) => {
  try {
    const read = readGateways(text, systemClock);
    if (read.length > 0) return read;
    context.addIssue({ code: 'custom', message: expected('COUNTERSIGN_GATEWAYS') });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
  return z.NEVER;
});

/** Read at the start, so that a text without its code fails the start and not a login. */
const texts = path('COUNTERSIGN_TEXTS').transform((file, context) => {
  try {
    const read = z.array(textReplacement).safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (read.success) return read.data;
    const [{ path: at, message } = { path: [], message: '' }] = read.error.issues;
    context.addIssue({ code: 'custom', message: [at.join('.'), message].join(' ').trim() });
  } catch (error) {
    context.addIssue({ code: 'custom', message: `the file cannot be read as JSON (${errorCode(error)})` });
  }
  return z.NEVER;
});

const listOf = (name: Variable, isEntry: (entry: string) => boolean) =>
  z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== ''))
    .refine((all) => all.length > 0 && all.every(isEntry), expected(name));

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const environment = z.strictObject({
  COUNTERSIGN_HOST: z
    .string()
    .regex(/^[^\s/]+$/, expected('COUNTERSIGN_HOST'))
    .default('127.0.0.1'),
  COUNTERSIGN_PORT: count('COUNTERSIGN_PORT', 0, 65_535).default(8000),
  COUNTERSIGN_WORKERS: count('COUNTERSIGN_WORKERS', 1, 64).default(1),
  COUNTERSIGN_URL: baseUrl.optional(),
  COUNTERSIGN_TRUSTED_PROXIES: listOf('COUNTERSIGN_TRUSTED_PROXIES', isAddressEntry).default([]),
  COUNTERSIGN_FORWARDED_HEADER: z
    .enum(forwardedHeaders, expected('COUNTERSIGN_FORWARDED_HEADER'))
    .default('x-forwarded-for'),
  COUNTERSIGN_DATABASE: databaseUrl.default('sqlite:./data/countersign.db'),
  COUNTERSIGN_KEYS: path('COUNTERSIGN_KEYS').default('./data/keys.json'),
  COUNTERSIGN_ADMIN_USERNAME: newUserProfile.shape.name.default('admin'),
  COUNTERSIGN_ADMIN_PASSWORD: newPassword.optional(),
  COUNTERSIGN_REGISTRATION: z.enum(['open', 'closed'], expected('COUNTERSIGN_REGISTRATION')).default('closed'),
  COUNTERSIGN_CORS_ORIGINS: listOf('COUNTERSIGN_CORS_ORIGINS', isOrigin).default([]),
  COUNTERSIGN_OUTBOX: path('COUNTERSIGN_OUTBOX').optional(),
  COUNTERSIGN_GATEWAYS: gateways.optional(),
  COUNTERSIGN_SEND_INTERVAL: count('COUNTERSIGN_SEND_INTERVAL', 1, 3600).default(30),
  COUNTERSIGN_SENDS_PER_DAY: count('COUNTERSIGN_SENDS_PER_DAY', 1, 1000).default(10),
  COUNTERSIGN_ENROLLMENTS_PER_ADDRESS: count('COUNTERSIGN_ENROLLMENTS_PER_ADDRESS', 0, 999_999).default(100),
  COUNTERSIGN_ENROLLMENTS_PER_ACCOUNT: count('COUNTERSIGN_ENROLLMENTS_PER_ACCOUNT', 0, 999_999).default(1000),
  COUNTERSIGN_TEXTS: texts.optional(),
  COUNTERSIGN_CODE_DIGITS: z.enum(['6', '7', '8'], expected('COUNTERSIGN_CODE_DIGITS')).transform(Number).default(6),
  COUNTERSIGN_DUO_HOSTS: listOf('COUNTERSIGN_DUO_HOSTS', isHost).default([]),
  COUNTERSIGN_DEFAULT_REGION: z.string().refine(isRegion, expected('COUNTERSIGN_DEFAULT_REGION')).default('US'),
  COUNTERSIGN_LOG_LEVEL: z.enum(levels, expected('COUNTERSIGN_LOG_LEVEL')).default('info'),
} satisfies Record<Variable, z.ZodType>);

export type LogLevel = (typeof levels)[number];

export type ServerSettings = {
  readonly host: string;
  readonly port: number;
  /** The number of processes that serve. */
  readonly workers: number;
  /** The public URL; when absent, `http://localhost` with the port. */
  readonly url: string | undefined;
  readonly logLevel: LogLevel;
  /** A file that every message is written to instead of being sent. */
  readonly outbox: string | undefined;
  readonly gateways: readonly Gateway[];
  /** The options of `createCountersign` that the environment sets. */
  readonly options: Required<
    Pick<
      Options,
      | 'trustedProxies'
      | 'forwardedHeader'
      | 'database'
      | 'keysFile'
      | 'admin'
      | 'registration'
      | 'corsOrigins'
      | 'texts'
      | 'codeDigits'
      | 'sending'
      | 'region'
      | 'duo'
    >
  >;
};

type ProcessVariables = Readonly<Record<string, string | undefined>>;

/** Reads every `COUNTERSIGN_` variable, and refuses unknown ones: a misspelled one would have no effect. */
export function readSettings(given: ProcessVariables): ServerSettings {
  const own = Object.entries(given).filter(([name, value]) => name.startsWith('COUNTERSIGN_') && !isUnset(name, value));
  const read = environment.safeParse(Object.fromEntries(own));
  if (!read.success) throw new SetupError(read.error.issues.flatMap(messagesOf).join('; '));
  const { data } = read;
  return {
    host: data.COUNTERSIGN_HOST,
    port: data.COUNTERSIGN_PORT,
    workers: data.COUNTERSIGN_WORKERS,
    url: data.COUNTERSIGN_URL,
    logLevel: data.COUNTERSIGN_LOG_LEVEL,
    outbox: data.COUNTERSIGN_OUTBOX,
    gateways: data.COUNTERSIGN_GATEWAYS ?? [],
    options: {
      trustedProxies: data.COUNTERSIGN_TRUSTED_PROXIES,
      forwardedHeader: data.COUNTERSIGN_FORWARDED_HEADER,
      database: data.COUNTERSIGN_DATABASE,
      keysFile: data.COUNTERSIGN_KEYS,
      admin: { username: data.COUNTERSIGN_ADMIN_USERNAME, password: data.COUNTERSIGN_ADMIN_PASSWORD },
      registration: data.COUNTERSIGN_REGISTRATION,
      corsOrigins: data.COUNTERSIGN_CORS_ORIGINS,
      texts: data.COUNTERSIGN_TEXTS ?? [],
      codeDigits: data.COUNTERSIGN_CODE_DIGITS,
      sending: {
        every: data.COUNTERSIGN_SEND_INTERVAL * second,
        perDay: data.COUNTERSIGN_SENDS_PER_DAY,
        enrollmentsPerAddress: data.COUNTERSIGN_ENROLLMENTS_PER_ADDRESS,
        enrollmentsPerAccount: data.COUNTERSIGN_ENROLLMENTS_PER_ACCOUNT,
      },
      region: data.COUNTERSIGN_DEFAULT_REGION,
      duo: { hosts: data.COUNTERSIGN_DUO_HOSTS },
    },
  };
}

/**
 * An empty value counts as unset, because compose files write unset variables so. The locations of the data are exceptions, because their
 * defaults would start a new, empty installation. Unknown variables are refused even if they are empty.
 */
const isUnset = (name: string, value: string | undefined): boolean =>
  value === '' && name in variables && name !== 'COUNTERSIGN_DATABASE' && name !== 'COUNTERSIGN_KEYS';

/** Names the variable and never its value, which may be a secret. */
function messagesOf(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => `unknown variable ${oneLine(name)}; countersign serve --help lists the known ones`);
  }
  return [`${issue.path.join('.')}: ${issue.message}`];
}

const oneLine = (name: string) => JSON.stringify(name).slice(1, -1);
