import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { second, systemClock } from '../base/clock.ts';
import { errorCode } from '../base/error-code.ts';
import { SetupError } from '../base/fault.ts';
import type { Options } from '../countersign.ts';
import { newUserProfile } from '../engine/directory/profile.ts';
import { newPassword } from '../factors/password.ts';
import { isRegion } from '../messages/destinations.ts';
import { readGateways } from '../messages/gateways.ts';
import type { Gateway } from '../messages/message.ts';
import { textReplacement } from '../messages/texts.ts';
import type { Variable } from './variables.ts';

const path = z.string().min(1, 'must name a file');

/** A path below the host would not be found: every route stands at the root. */
const baseUrl = z
  .string()
  .refine((text) => {
    const url = URL.parse(text);
    if (!url || !/^https?:$/.test(url.protocol)) return false;
    return url.pathname === '/' && !/[?#@]/.test(text);
  }, 'must be http:// or https:// and a host, without a path')
  .transform((text) => new URL(text).origin);

const database = z
  .string()
  .refine(
    (text) => /^sqlite:./.test(text) || (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)),
    'must be sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME, with special characters percent-encoded',
  );

const count = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, `must be a number from ${least} to ${most}`)
    .transform(Number)
    .refine((number) => number >= least && number <= most, `must be a number from ${least} to ${most}`);

/** Its own complaints repeat nothing of the text, which holds passwords. */
const gateways = z.string().transform((text, context) => {
  try {
    const read = readGateways(text, systemClock);
    if (read.length > 0) return read;
    context.addIssue({ code: 'custom', message: 'must name a gateway' });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
  return z.NEVER;
});

/** Read at the start, so that a text without its code stops the start and not a login. */
const texts = path.transform((file, context) => {
  try {
    const read = z.array(textReplacement).safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (read.success) return read.data;
    const [{ path: at, message } = { path: [], message: '' }] = read.error.issues;
    context.addIssue({ code: 'custom', message: [at.join('.'), message].join(' ').trim() });
  } catch (error) {
    context.addIssue({ code: 'custom', message: `is no JSON file that can be read (${errorCode(error)})` });
  }
  return z.NEVER;
});

const hosts = z
  .string()
  .transform((text) => text.split(' ').filter((host) => host !== ''))
  .refine(
    (all) => all.length > 0 && all.every((host) => URL.parse(`https://${host}`)?.host === host),
    'must be host names, each with :PORT where it is not 443, with spaces between them',
  );

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const environment = z.strictObject({
  COUNTERSIGN_HOST: z
    .string()
    .regex(/^[^\s/]+$/, 'must be an address or a host name')
    .default('127.0.0.1'),
  COUNTERSIGN_PORT: count(0, 65_535).default(8000),
  COUNTERSIGN_WORKERS: count(1, 64).default(1),
  COUNTERSIGN_URL: baseUrl.optional(),
  COUNTERSIGN_DATABASE: database.default('sqlite:./data/countersign.db'),
  COUNTERSIGN_KEYS: path.default('./data/keys.json'),
  COUNTERSIGN_ADMIN_USERNAME: newUserProfile.shape.name.default('admin'),
  COUNTERSIGN_ADMIN_PASSWORD: newPassword.optional(),
  COUNTERSIGN_REGISTRATION: z.enum(['open', 'closed'], 'must be open or closed').default('closed'),
  COUNTERSIGN_OUTBOX: path.optional(),
  COUNTERSIGN_GATEWAYS: gateways.optional(),
  COUNTERSIGN_SEND_INTERVAL: count(1, 3600).default(30),
  COUNTERSIGN_SENDS_PER_DAY: count(1, 1000).default(10),
  COUNTERSIGN_ENROLLMENTS_PER_ADDRESS: count(0, 999_999).default(100),
  COUNTERSIGN_ENROLLMENTS_PER_ACCOUNT: count(0, 999_999).default(1000),
  COUNTERSIGN_TEXTS: texts.optional(),
  COUNTERSIGN_CODE_DIGITS: z.enum(['6', '7', '8'], 'must be 6, 7 or 8').transform(Number).default(6),
  COUNTERSIGN_DUO_HOSTS: hosts.default([]),
  COUNTERSIGN_DEFAULT_REGION: z
    .string()
    .refine(isRegion, 'must be a country code of two capital letters, such as US')
    .default('US'),
  COUNTERSIGN_LOG_LEVEL: z.enum(levels, `must be one of ${levels.join(', ')}`).default('info'),
} satisfies Record<Variable, z.ZodType>);

export type LogLevel = (typeof levels)[number];

export type ServerSettings = {
  readonly host: string;
  readonly port: number;
  /** How many processes serve. */
  readonly workers: number;
  /** Where people reach it; the address it listens on when absent. */
  readonly url: string | undefined;
  readonly logLevel: LogLevel;
  /** A file that takes every message in the place of the gateways. */
  readonly outbox: string | undefined;
  readonly gateways: readonly Gateway[];
  /** What the house itself is made from. */
  readonly options: Required<
    Pick<
      Options,
      'database' | 'keysFile' | 'admin' | 'registration' | 'texts' | 'codeDigits' | 'sending' | 'region' | 'duo'
    >
  >;
};

type ProcessVariables = Readonly<Record<string, string | undefined>>;

/** Reads every variable of ours, and refuses what it does not know: a misspelt one would be a setting that silently does not hold. */
export function readSettings(given: ProcessVariables): ServerSettings {
  const own = Object.entries(given).filter(([name]) => name.startsWith('COUNTERSIGN_'));
  const read = environment.safeParse(Object.fromEntries(own));
  if (!read.success) throw new SetupError(read.error.issues.flatMap(complaints).join('; '));
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
      database: data.COUNTERSIGN_DATABASE,
      keysFile: data.COUNTERSIGN_KEYS,
      admin: { username: data.COUNTERSIGN_ADMIN_USERNAME, password: data.COUNTERSIGN_ADMIN_PASSWORD },
      registration: data.COUNTERSIGN_REGISTRATION,
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

/** Names the variable and never its value, which may be a secret. */
function complaints(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => `${oneLine(name)} is no variable that countersign knows (serve --help lists them)`);
  }
  return [`${issue.path.join('.')}: ${issue.message}`];
}

const oneLine = (name: string) => JSON.stringify(name).slice(1, -1);
