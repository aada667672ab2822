/** The environment that a server and its commands read: what each variable is when it is absent, and what it means. */
export const variables = {
  COUNTERSIGN_HOST: ['127.0.0.1', 'the address it listens on'],
  COUNTERSIGN_PORT: ['8000', 'the port; 0 takes a free one'],
  COUNTERSIGN_WORKERS: ['1', 'how many processes serve; as many as there are CPUs, with PostgreSQL'],
  COUNTERSIGN_URL: ['http://localhost:PORT', 'the public base URL'],
  COUNTERSIGN_DATABASE: ['sqlite:./data/countersign.db', 'sqlite:FILE or postgres://…'],
  COUNTERSIGN_KEYS: ['./data/keys.json', 'the key ring; made at the first start with SQLite'],
  COUNTERSIGN_ADMIN_USERNAME: ['admin', 'the first administrator'],
  COUNTERSIGN_ADMIN_PASSWORD: ['generated', 'their password; a generated one is printed once'],
  COUNTERSIGN_REGISTRATION: ['closed', 'open lets anyone make a user'],
  COUNTERSIGN_OUTBOX: ['unset', 'a file that messages are written to instead of being sent'],
  COUNTERSIGN_GATEWAYS: ['unset', 'what sends messages: URLs with spaces between them, tried in this order'],
  COUNTERSIGN_SEND_INTERVAL: ['30', 'seconds between two codes to one destination'],
  COUNTERSIGN_SENDS_PER_DAY: [
    '10',
    'how many codes one destination gets in a day, for logins and for enrollments each',
  ],
  COUNTERSIGN_ENROLLMENTS_PER_ADDRESS: [
    '100',
    'how many codes enrollments send in a day for one client address; 0: no bound',
  ],
  COUNTERSIGN_ENROLLMENTS_PER_ACCOUNT: ['1000', 'how many codes enrollments send in a day in one account; 0: no bound'],
  COUNTERSIGN_TEXTS: ['unset', 'a JSON file with other wordings of what is sent, by account and language'],
  COUNTERSIGN_CODE_DIGITS: ['6', 'how long the codes are that are sent: 6, 7 or 8 digits'],
  COUNTERSIGN_DUO_HOSTS: ['unset', "hosts that may stand in for Duo's, with spaces between them"],
  COUNTERSIGN_DEFAULT_REGION: ['US', 'how phone numbers without + are read'],
  COUNTERSIGN_LOG_LEVEL: ['info', 'fatal, error, warn, info, debug, trace or silent'],
} as const;

export type Variable = keyof typeof variables;

/** The same as a part of a command's help. */
export function describeVariables(): string {
  const rows = Object.entries(variables).map(
    ([name, [absent, meaning]]) => `  ${name.padEnd(28)}${meaning} (default: ${absent})`,
  );
  return ['', 'Environment:', ...rows].join('\n');
}
