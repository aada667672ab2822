import { trustedAddressForm } from '../base/addresses.ts';
import { databaseForm, databaseParameters } from '../base/database-url.ts';
import { baseUrlForm, hostForm, originForm } from '../base/locations.ts';
import { forwardedHeaders } from '../http/server/forwarded.ts';

/** One variable of the environment that a server and its commands read. */
type VariableRow = {
  readonly group: 'Server' | 'Database and keys' | 'First administrator' | 'Messages' | 'Limits of messages' | 'Duo';
  /** The allowed values, in the words that follow "expected" in a message. */
  readonly type: string;
  /** The value when it is not set. */
  readonly default: string;
  readonly meaning: string;
  readonly example?: string;
};

const numberFrom = (least: number, most: number) => `a number from ${least} to ${most}`;

/** Every variable, by group. Help, error messages and docs/configuration.md are made from it. */
export const variables = {
  COUNTERSIGN_URL: {
    group: 'Server',
    type: baseUrlForm,
    default: 'http://localhost:PORT',
    meaning:
      'the public URL, which is also the issuer and audience of tokens; with a path, everything is served below that path',
    example: 'https://login.example.com',
  },
  COUNTERSIGN_HOST: {
    group: 'Server',
    type: 'an address or a host name',
    default: '127.0.0.1',
    meaning: 'the address that the server listens on; 0.0.0.0 listens on all of them',
  },
  COUNTERSIGN_PORT: {
    group: 'Server',
    type: numberFrom(0, 65_535),
    default: '8000',
    meaning: 'the port that the server listens on; 0 takes a free one',
  },
  COUNTERSIGN_WORKERS: {
    group: 'Server',
    type: numberFrom(1, 64),
    default: '1',
    meaning:
      'the number of processes that serve; with PostgreSQL set it to the number of CPUs, with SQLite leave it at 1',
  },
  COUNTERSIGN_TRUSTED_PROXIES: {
    group: 'Server',
    type: `${trustedAddressForm}, with commas or spaces between them`,
    default: 'unset',
    meaning: "the proxies whose forwarding headers are believed, for the client's address in the audit log and limits",
    example: 'loopback, 10.0.0.0/8, fd00::/8',
  },
  COUNTERSIGN_FORWARDED_HEADER: {
    group: 'Server',
    type: forwardedHeaders.join(' or '),
    default: 'x-forwarded-for',
    meaning:
      'the header that trusted proxies send; x-forwarded-for is read with x-forwarded-proto; all others are ignored',
  },
  COUNTERSIGN_REGISTRATION: {
    group: 'Server',
    type: 'open or closed',
    default: 'closed',
    meaning: 'open: everybody can create a user; closed: only administrators can',
  },
  COUNTERSIGN_CORS_ORIGINS: {
    group: 'Server',
    type: `${originForm}, with commas or spaces between them`,
    default: 'unset',
    meaning: 'the origins whose pages may use the API from a browser; * allows all',
    example: 'https://app.example.com',
  },
  COUNTERSIGN_LOG_LEVEL: {
    group: 'Server',
    type: 'one of fatal, error, warn, info, debug, trace, silent',
    default: 'info',
    meaning: 'the lowest level of log lines that are written; the log goes to standard error as JSON lines',
  },
  COUNTERSIGN_DATABASE: {
    group: 'Database and keys',
    type: databaseForm,
    default: 'sqlite:./data/countersign.db',
    meaning: `the database; SQLite is created at the first start, a PostgreSQL database must exist already; the parameters of its URL are ${databaseParameters.join(', ')}`,
    example: 'postgres://countersign:PASSWORD@db.example.com/countersign?sslmode=verify-full',
  },
  COUNTERSIGN_KEYS: {
    group: 'Database and keys',
    type: 'the path of a file',
    default: './data/keys.json',
    meaning: 'the key ring; created at the first start with SQLite, by `countersign keys make` with PostgreSQL',
    example: '/etc/countersign/keys.json',
  },
  COUNTERSIGN_ADMIN_USERNAME: {
    group: 'First administrator',
    type: '1 to 128 characters without a colon',
    default: 'admin',
    meaning: 'the name of the administrator that the first start creates',
  },
  COUNTERSIGN_ADMIN_PASSWORD: {
    group: 'First administrator',
    type: '8 to 1,024 bytes',
    default: 'generated',
    meaning: 'their password; a generated one is printed once',
  },
  COUNTERSIGN_GATEWAYS: {
    group: 'Messages',
    type: 'URLs with spaces between them',
    default: 'unset',
    meaning: 'the gateways that send messages, tried in this order: twilio://, smtp://, smtps:// and webhook+https://',
    example: 'smtps://USER:PASSWORD@mail.example.com?from=login@example.com',
  },
  COUNTERSIGN_OUTBOX: {
    group: 'Messages',
    type: 'the path of a file',
    default: 'unset',
    meaning:
      'a file that all messages are written to instead of being sent, as JSON lines; for tests only, because the lines contain codes',
    example: '/tmp/outbox.jsonl',
  },
  COUNTERSIGN_TEXTS: {
    group: 'Messages',
    type: 'the path of a JSON file',
    default: 'unset',
    meaning: 'replacements for the texts of messages, by account and language',
    example: '/etc/countersign/texts.json',
  },
  COUNTERSIGN_DEFAULT_REGION: {
    group: 'Messages',
    type: 'a country code of two capital letters, such as US',
    default: 'US',
    meaning: 'the country of phone numbers that are written without +',
  },
  COUNTERSIGN_CODE_DIGITS: {
    group: 'Messages',
    type: '6, 7 or 8',
    default: '6',
    meaning: 'the number of digits of codes that are sent',
  },
  COUNTERSIGN_SEND_INTERVAL: {
    group: 'Limits of messages',
    type: numberFrom(1, 3600),
    default: '30',
    meaning: 'the minimum number of seconds between two codes to one destination',
  },
  COUNTERSIGN_SENDS_PER_DAY: {
    group: 'Limits of messages',
    type: numberFrom(1, 1000),
    default: '10',
    meaning: 'the maximum number of codes to one destination per day; logins and enrollments are counted separately',
  },
  COUNTERSIGN_ENROLLMENTS_PER_ADDRESS: {
    group: 'Limits of messages',
    type: numberFrom(0, 999_999),
    default: '100',
    meaning: 'the maximum number of enrollment codes per day for one client address; 0 sets no limit',
  },
  COUNTERSIGN_ENROLLMENTS_PER_ACCOUNT: {
    group: 'Limits of messages',
    type: numberFrom(0, 999_999),
    default: '1000',
    meaning: 'the maximum number of enrollment codes per day in one account; 0 sets no limit',
  },
  COUNTERSIGN_DUO_HOSTS: {
    group: 'Duo',
    type: `${hostForm}, with commas or spaces between them`,
    default: 'unset',
    meaning: "hosts besides Duo's own that tenants may name as `api_hostname`",
    example: 'duo.example.com:8443',
  },
} as const satisfies Readonly<Record<string, VariableRow>>;

export type Variable = keyof typeof variables;

/** The variables of each group. */
export function variablesByGroup(): readonly (readonly [
  group: string,
  rows: readonly (readonly [string, VariableRow])[],
])[] {
  const all: readonly (readonly [string, VariableRow])[] = Object.entries(variables);
  return [...Map.groupBy(all, ([, { group }]) => group)];
}

/** The same text as part of a command's help. */
export function describeVariables(): string {
  const groups = variablesByGroup().map(([group, rows]) => {
    const lines = rows.map(([name, row]) => `  ${name.padEnd(37)}${row.meaning} (default: ${row.default})`);
    return ['', `${group}:`, ...lines].join('\n');
  });
  return ['', 'Environment variables:', ...groups].join('\n');
}
