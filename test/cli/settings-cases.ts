import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { ServerSettings } from '../../src/cli/settings.ts';
import type { Variable } from '../../src/cli/variables.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-test-settings-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function textsFile(text: string): string {
  files += 1;
  const file = join(folder, `texts-${files}.json`);
  writeFileSync(file, text);
  return file;
}

type Case = {
  readonly read: (settings: ServerSettings) => unknown;
  /** What holds when the variable is absent. */
  readonly absent: string | number | undefined;
  /** What is written, and what is read from it. */
  readonly good: readonly (readonly [string, unknown])[];
  readonly bad: readonly string[];
};

/** Every variable of the contract. */
export const cases: Record<Variable, Case> = {
  COUNTERSIGN_HOST: {
    read: (settings) => settings.host,
    absent: '127.0.0.1',
    good: [
      ['0.0.0.0', '0.0.0.0'],
      ['::', '::'],
      ['localhost', 'localhost'],
    ],
    bad: [' ', 'a host', 'http://localhost'],
  },
  COUNTERSIGN_PORT: {
    read: (settings) => settings.port,
    absent: 8000,
    good: [
      ['0', 0],
      ['80', 80],
      ['65535', 65_535],
    ],
    bad: ['65536', '-1', '1.5', '0x50', '8e3', ' 80', '/tmp/socket'],
  },
  COUNTERSIGN_WORKERS: {
    read: (settings) => settings.workers,
    absent: 1,
    good: [
      ['1', 1],
      ['64', 64],
    ],
    bad: ['0', '65', '-1', '1.5', 'auto'],
  },
  COUNTERSIGN_CORS_ORIGINS: {
    read: (settings) => settings.options.corsOrigins.join('|'),
    absent: '',
    good: [
      ['https://app.example.com', 'https://app.example.com'],
      ['http://localhost:3000, https://b.example', 'http://localhost:3000|https://b.example'],
      ['*', '*'],
    ],
    bad: [
      'login.example.org',
      'https://app.example.com/',
      'https://app.example.com:443',
      'null',
      'https://*.example',
      ',',
    ],
  },
  COUNTERSIGN_URL: {
    read: (settings) => settings.url,
    absent: undefined,
    good: [
      ['https://login.example.com', 'https://login.example.com'],
      ['https://login.example.com/', 'https://login.example.com'],
      ['HTTPS://Login.Example.com:443', 'https://login.example.com'],
      ['http://localhost:8000', 'http://localhost:8000'],
      ['http://[::1]:8000', 'http://[::1]:8000'],
      ['https://login.example.com/auth', 'https://login.example.com/auth'],
      ['https://login.example.com/a-b/c.d_e~/', 'https://login.example.com/a-b/c.d_e~'],
    ],
    bad: [
      'login.example.com',
      'ftp://login.example.com',
      'https://',
      'https://login.example.com/auth//x',
      'https://login.example.com//',
      'https://login.example.com\\auth',
      'https://login.example.com/{id}',
      'https://login.example.com/:id',
      'https://login.example.com/*',
      'https://login.example.com/a%2Fb',
      'https://login.example.com/a b',
      'https://login.example.com/é',
      'https://login.example.com/?a=b',
      'https://login.example.com?',
      'https://login.example.com#a',
      'https://user:secret@login.example.com',
      'javascript:alert(1)',
    ],
  },
  COUNTERSIGN_TRUSTED_PROXIES: {
    read: (settings) => settings.options.trustedProxies.join(' ') || undefined,
    absent: undefined,
    good: [
      ['192.0.2.1', '192.0.2.1'],
      [' loopback,10.0.0.0/8 , 2001:db8::/32\t::ffff:10.0.0.1 ', 'loopback 10.0.0.0/8 2001:db8::/32 ::ffff:10.0.0.1'],
    ],
    bad: [' ', ',', 'proxy.example.com', '10.0.0.0/33', '192.0.2.1;192.0.2.2', 'fe80::1%eth0', '192.0.2.1:8080', '*'],
  },
  COUNTERSIGN_FORWARDED_HEADER: {
    read: (settings) => settings.options.forwardedHeader,
    absent: 'x-forwarded-for',
    good: [
      ['x-forwarded-for', 'x-forwarded-for'],
      ['forwarded', 'forwarded'],
    ],
    bad: ['X-Forwarded-For', 'x-real-ip', 'forwarded x-forwarded-for'],
  },
  COUNTERSIGN_DATABASE: {
    read: (settings) => settings.options.database,
    absent: 'sqlite:./data/countersign.db',
    good: [
      ['sqlite:/var/lib/countersign.db', 'sqlite:/var/lib/countersign.db'],
      ['sqlite::memory:', 'sqlite::memory:'],
      ['postgres://user:secret@db/name', 'postgres://user:secret@db/name'],
      ['postgresql://db/name?sslmode=require', 'postgresql://db/name?sslmode=require'],
      ['postgres:///name?host=/run/postgresql&prepare=false', 'postgres:///name?host=/run/postgresql&prepare=false'],
    ],
    bad: [
      '',
      'sqlite:',
      './countersign.db',
      'mysql://db/name',
      'postgres:db',
      'postgres://user:sec ret@db:port/name',
      'postgres://user:12?secret@db/name',
      'postgres://user:12?secret&word@db/name',
      'postgres://db/name?pool=5',
      'postgres://db/name?statement_timeout=0',
      'postgres://db/name?sslmode=verify-ful',
      'postgres://db/name?prepare=no',
      'postgres://db/name?sslmode=disable&sslmode=verify-full',
      'sqlite:./countersign.db?mode=ro',
    ],
  },
  COUNTERSIGN_DUO_HOSTS: {
    read: (settings) => settings.options.duo.hosts?.join(' ') || undefined,
    absent: undefined,
    good: [
      ['duo.example.com', 'duo.example.com'],
      ['duo.example.com:8443  [::1]:8443', 'duo.example.com:8443 [::1]:8443'],
      ['a.example,b.example:8443', 'a.example b.example:8443'],
    ],
    bad: [' ', 'https://duo.example.com', 'duo.example.com/', 'duo.example.com:443', 'Duo.example.com', 'a b/c'],
  },
  COUNTERSIGN_KEYS: {
    read: (settings) => settings.options.keysFile,
    absent: './data/keys.json',
    good: [['/run/secrets/keys', '/run/secrets/keys']],
    bad: [''],
  },
  COUNTERSIGN_ADMIN_USERNAME: {
    read: (settings) => settings.options.admin.username,
    absent: 'admin',
    good: [['Åsa', 'Åsa']],
    bad: [' ', 'a:b', 'a\nb', 'a'.repeat(129)],
  },
  COUNTERSIGN_ADMIN_PASSWORD: {
    read: (settings) => settings.options.admin.password,
    absent: undefined,
    good: [['12345678', '12345678']],
    bad: ['1234567', 'a'.repeat(1025)],
  },
  COUNTERSIGN_REGISTRATION: {
    read: (settings) => settings.options.registration,
    absent: 'closed',
    good: [
      ['open', 'open'],
      ['closed', 'closed'],
    ],
    bad: ['Open', 'true', '1'],
  },
  COUNTERSIGN_OUTBOX: {
    read: (settings) => settings.outbox,
    absent: undefined,
    good: [['./outbox.jsonl', './outbox.jsonl']],
    bad: [],
  },
  COUNTERSIGN_GATEWAYS: {
    read: ({ gateways }) => (gateways.length === 0 ? undefined : gateways.map(({ name }) => name).join(', ')),
    absent: undefined,
    good: [
      ['smtp://mail.example.com?from=a@example.com', 'smtp mail.example.com'],
      [
        ` webhook+https://hooks.example.com/sms?secret=${'x'.repeat(16)}\n smtps://u:p@mail.example.com?from=a@example.com `,
        'webhook hooks.example.com, smtp mail.example.com',
      ],
    ],
    bad: [
      '  ',
      'mail.example.com',
      'ftp://mail.example.com',
      'smtp://me:hunter2/hunter2@mail.example.com?from=a@example.com',
      'twilio://AC1:hunter2hunter2@api.twilio.com',
      'smtp://mail.example.com?from=a@example.com&from=b@example.com',
      'smtp://mail.example.com?from=a@example.com smtp://me:hunter2hunter2@mail.example.com',
    ],
  },
  COUNTERSIGN_SEND_INTERVAL: {
    read: (settings) => (settings.options.sending.every ?? 0) / 1000,
    absent: 30,
    good: [
      ['1', 1],
      ['3600', 3600],
    ],
    bad: ['0', '3601', '-1', '1.5', '1e3', 'never'],
  },
  COUNTERSIGN_SENDS_PER_DAY: {
    read: (settings) => settings.options.sending.perDay,
    absent: 10,
    good: [
      ['1', 1],
      ['1000', 1000],
    ],
    bad: ['0', '1001', '-1', '1.5', 'all'],
  },
  COUNTERSIGN_ENROLLMENTS_PER_ADDRESS: {
    read: (settings) => settings.options.sending.enrollmentsPerAddress,
    absent: 100,
    good: [
      ['0', 0],
      ['999999', 999_999],
    ],
    bad: ['1000000', '-1', '1.5', 'none'],
  },
  COUNTERSIGN_ENROLLMENTS_PER_ACCOUNT: {
    read: (settings) => settings.options.sending.enrollmentsPerAccount,
    absent: 1000,
    good: [
      ['0', 0],
      ['999999', 999_999],
    ],
    bad: ['1000000', '-1', '1.5', 'none'],
  },
  COUNTERSIGN_TEXTS: {
    read: (settings) => settings.options.texts.map(({ language, body }) => `${language} ${body}`)[0],
    absent: undefined,
    good: [[textsFile('[{"language":"de","text":"sms_code","body":"Code {code}"}]'), 'de Code {code}']],
    bad: [
      '/nowhere/texts.json',
      textsFile('{'),
      textsFile('{}'),
      textsFile('[{"language":"de","text":"sms_code","body":"without it"}]'),
    ],
  },
  COUNTERSIGN_CODE_DIGITS: {
    read: (settings) => settings.options.codeDigits,
    absent: 6,
    good: [
      ['6', 6],
      ['8', 8],
    ],
    bad: ['5', '9', '6.0', 'six', '06'],
  },
  COUNTERSIGN_DEFAULT_REGION: {
    read: (settings) => settings.options.region,
    absent: 'US',
    good: [['DE', 'DE']],
    bad: ['de', 'DEU', '49', 'D', 'UK'],
  },
  COUNTERSIGN_LOG_LEVEL: {
    read: (settings) => settings.logLevel,
    absent: 'info',
    good: [
      ['debug', 'debug'],
      ['silent', 'silent'],
    ],
    bad: ['INFO', 'verbose', '30'],
  },
};
