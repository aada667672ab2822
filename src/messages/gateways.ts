import type { Clock } from '../base/clock.ts';
import { SetupError } from '../base/fault.ts';
import { isLoopback } from '../base/network.ts';
import type { Gateway } from './message.ts';
import { createOutbox } from './outbox.ts';
import { createSmtp } from './smtp.ts';
import { createTwilio } from './twilio.ts';
import { createWebhook } from './webhook.ts';

/** A gateway URL after parsing: its parts are decoded, and its parameters are listed by name. */
type WrittenGateway = {
  readonly url: URL;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly parameters: Readonly<Record<string, string | undefined>>;
  /** Milliseconds; the URL has seconds. Undefined means the default. */
  readonly deadline: number | undefined;
  readonly clock: Clock;
};

type Scheme = {
  readonly form: string;
  /** The parts that its URL has. A URL with another part is rejected as a mistake. */
  readonly parts: readonly ('host' | 'path')[];
  /** Names of its parameters other than `deadline`. */
  readonly parameters: readonly string[];
  create(written: WrittenGateway): Gateway;
};

const smtp: Scheme = {
  form: 'smtp://USER:PASSWORD@HOST:PORT?from=ADDRESS',
  parts: ['host'],
  parameters: ['from', 'tls'],
  create: ({ url, user, password, parameters, deadline }) =>
    createSmtp({
      host: url.hostname,
      ...(url.port !== '' && { port: Number(url.port) }),
      secure: url.protocol === 'smtps:',
      // `createSmtp` validates it, like every other value.
      tls: parameters.tls as 'required' | 'off' | undefined,
      user,
      password,
      from: parameters.from ?? '',
      deadline,
    }),
};

const webhook: Scheme = {
  form: 'webhook+https://HOST/PATH?secret=SECRET',
  parts: ['host', 'path'],
  parameters: ['secret', 'channels'],
  create: ({ url, user, password, parameters, deadline, clock }) => {
    if (user !== undefined || password !== undefined)
      throw new SetupError('a webhook takes no user and password: its messages are signed');
    // `createWebhook` validates it, like every other value.
    const channels = parameters.channels?.split(',') as ('sms' | 'email')[] | undefined;
    const target = `${url.protocol.slice('webhook+'.length)}//${url.host}${url.pathname}`;
    return createWebhook({ url: target, secret: parameters.secret ?? '', channels, deadline }, clock);
  },
};

const schemes: Readonly<Record<string, Scheme>> = {
  'twilio:': {
    form: 'twilio://SID:TOKEN@api.twilio.com?from=NUMBER',
    parts: ['host'],
    parameters: ['account', 'from', 'messaging_service'],
    create: ({ url, user = '', password = '', parameters, deadline }) =>
      createTwilio({
        url: `${isLoopback(url.hostname) ? 'http' : 'https'}://${url.host}`,
        // The user is the account itself, or a key of the account in the parameter `account`.
        account: parameters.account ?? user,
        ...(parameters.account !== undefined && { key: user }),
        token: password,
        from: parameters.from,
        messagingService: parameters.messaging_service,
        deadline,
      }),
  },
  'smtp:': smtp,
  'smtps:': smtp,
  'webhook+https:': webhook,
  'webhook+http:': webhook,
  'outbox:': {
    form: 'outbox:FILE',
    parts: ['path'],
    parameters: [],
    create: ({ url, clock }) => createOutbox({ file: decode(url.pathname) }, clock),
  },
};

const forms = [...new Set(Object.values(schemes).map(({ form }) => form))].join(', ');

/** Parses gateways from URLs with spaces between them, in the order in which they are tried. */
export function readGateways(text: string, clock: Clock): readonly Gateway[] {
  const entries = text.split(/\s+/).filter((entry) => entry !== '');
  return entries.map((entry, index) => {
    try {
      return readGateway(entry, clock);
    } catch (error) {
      // The URL is not repeated: after a typing mistake, any part of it may be the password.
      if (error instanceof SetupError) throw new SetupError(`gateway ${index + 1}: ${error.message}`);
      throw error;
    }
  });
}

function readGateway(text: string, clock: Clock): Gateway {
  const url = URL.parse(text);
  const scheme = schemes[url?.protocol ?? ''];
  if (!url || !scheme) throw new SetupError(`expected one of ${forms}`);
  const { form, parts } = scheme;
  if (!parts.includes('path') && !['', '/'].includes(url.pathname)) {
    throw new SetupError(`has a path: a / in a password is written as %2F (${form})`);
  }
  if (!parts.includes('host') && url.host !== '') throw new SetupError(`has a host (${form})`);
  const { deadline, ...parameters } = readParameters(url, ['deadline', ...scheme.parameters], form);
  return scheme.create({
    url,
    user: url.username === '' ? undefined : decode(url.username),
    password: url.password === '' ? undefined : decode(url.password),
    parameters,
    deadline: deadline === undefined ? undefined : Math.round(Number(deadline) * 1000),
    clock,
  });
}

function readParameters(url: URL, known: readonly string[], form: string): Record<string, string | undefined> {
  const given = [...url.searchParams];
  const names = new Set(given.map(([name]) => name));
  if (url.hash !== '') throw new SetupError(`has a # in it: write it as %23 (${form})`);
  if (names.size !== given.length) throw new SetupError('has a parameter more than once');
  if (!names.isSubsetOf(new Set(known))) {
    throw new SetupError(`has an unknown parameter: expected ${known.join(', ')} (${form})`);
  }
  return Object.fromEntries(given);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SetupError('has an invalid % sequence: write a % as %25');
  }
}
