import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { selfSigned } from './certificate.ts';

export const smtpUser = 'login@example.com';
export const smtpPassword = 'p@ss:word/with?signs';

export const certificate = selfSigned();

export type Letter = {
  readonly from: string | undefined;
  readonly to: readonly string[];
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** As it was received, headers and all. */
  readonly source: string;
};

export type MailServer = AsyncDisposable & {
  readonly port: number;
  readonly letters: readonly Letter[];
  /** How many connections have come. */
  readonly connections: () => number;
  /** How many logins were tried. */
  readonly logins: () => number;
  /** Resolves when every connection is closed. */
  readonly quiet: () => Promise<void>;
  /** Closes every connection, as a server does on its timeout. */
  readonly hangUp: () => Promise<void>;
  readonly mend: () => void;
};

export type MailOptions = {
  /** `starttls` takes no password before it, `offered` does; `secure` speaks TLS from the first byte; `none` knows no TLS. */
  readonly tls?: 'none' | 'offered' | 'starttls' | 'secure';
  readonly identity?: ReturnType<typeof selfSigned>;
  /** The fault until `mend` is called. */
  readonly trouble?: string | undefined;
};

/** Replies of real servers, with the command that they answer. */
const replies: Readonly<Record<string, readonly [command: 'from' | 'to' | 'data', status: number, text: string]>> = {
  'refuses the destination': ['to', 550, '5.1.1 <alice@example.com>: Recipient address rejected: User unknown'],
  'no such domain': ['to', 550, '5.1.2 <alice@example.com>: Domain not found'],
  'refused after data': ['data', 550, '5.1.1 <alice@example.com>: User unknown'],
  'domain takes no mail': ['to', 556, '5.1.10 <alice@example.com>: Domain does not accept mail (nullMX)'],
  greylisted: ['to', 451, '4.7.1 <alice@example.com>: Greylisting in action, please come back later'],
  'mailbox unknown for now': ['to', 450, '4.1.1 <alice@example.com>: unverified address'],
  'relay denied': ['to', 554, '5.7.1 <alice@example.com>: Relay access denied'],
  'refused without a reason': ['to', 550, 'No'],
  'mailbox full': ['to', 552, '5.2.2 <alice@example.com>: Mailbox full'],
  'sender refused': ['from', 553, '5.1.8 <login@example.com>: Sender address rejected'],
  'sender unknown': ['from', 550, '5.1.1 <login@example.com>: Sender unknown'],
  'is broken': ['data', 451, '4.3.0 Error: queue file write error'],
  'spam after data': ['data', 550, '5.7.1 Message rejected: 123456'],
};

export const mailReplies = Object.keys(replies);

/** Faults in which a connection never reaches smtp-server. */
const beforeSmtp = ['talks nonsense', 'talks without end', 'talks slowly', 'says nothing'];

type State = {
  /** The current fault. */
  present: string | undefined;
  connections: number;
  logins: number;
  readonly letters: Letter[];
  readonly sockets: Set<Socket>;
  /** Connections that never reached smtp-server. */
  readonly unhandled: Socket[];
};

/** A mail server on loopback: smtp-server, with a listener before it that injects faults. */
export async function openMailServer(options: MailOptions = {}): Promise<MailServer> {
  const state: State = {
    present: options.trouble,
    connections: 0,
    logins: 0,
    letters: [],
    sockets: new Set(),
    unhandled: [],
  };
  const quiet = async (): Promise<void> => {
    await Promise.all([...state.sockets].map((socket) => once(socket, 'close')));
  };
  const smtp = smtpServer(state, options);
  smtp.on('error', () => undefined);
  const listener = createServer((socket) => accept(state, socket, smtp));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    letters: state.letters,
    connections: () => state.connections,
    logins: () => state.logins,
    quiet,
    async hangUp() {
      destroyAll(state.sockets);
      await quiet();
    },
    mend: () => {
      state.present = undefined;
    },
    async [Symbol.asyncDispose]() {
      // Destroying a socket during a TLS handshake crashes Node: smtp-server closes its own sockets.
      smtp.close();
      for (const connection of smtp.connections) connection.close();
      destroyAll(state.unhandled);
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

function smtpServer(state: State, { tls = 'none', identity = certificate }: MailOptions): SMTPServer {
  return new SMTPServer({
    ...identity,
    secure: tls === 'secure',
    disabledCommands: tls === 'none' ? ['STARTTLS'] : [],
    allowInsecureAuth: tls === 'none' || tls === 'offered',
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: true,
    logger: false,
    onAuth({ username, password }, _session, done) {
      state.logins += 1;
      const right = username === smtpUser && password === smtpPassword && state.present !== 'login refused';
      if (right) done(null, { user: username });
      else done(Object.assign(new Error('5.7.8 Authentication credentials invalid'), { responseCode: 535 }));
    },
    onMailFrom: (_address, _session, done) => done(replyAt(state, 'from')),
    onRcptTo: (_address, _session, done) => {
      if (state.present === 'hangs up') destroyAll(state.sockets);
      else done(replyAt(state, 'to'));
    },
    onData(stream, session, done) {
      const end = (source: string): void => {
        const { present } = state;
        const wrong = replyAt(state, 'data');
        if (!wrong && present !== 'stops in the middle') state.letters.push(letterOf(session, source));
        if (present === 'takes it and hangs up') destroyAll(state.sockets);
        else if (present !== 'stops in the middle') done(wrong);
      };
      // An interrupted message was not sent.
      text(stream).then(end, () => undefined);
    },
  });
}

function accept(state: State, socket: Socket, smtp: SMTPServer): void {
  const { present, sockets } = state;
  state.connections += 1;
  sockets.add(socket);
  socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  if (present === 'talks nonsense') socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  else if (present === 'talks without end') socket.write(`220-${'x'.repeat(200_000)}`);
  else if (present === 'talks slowly') trickle(socket);
  else if (present !== 'says nothing') smtp.server.emit('connection', socket);
  if (beforeSmtp.includes(present ?? '')) state.unhandled.push(socket);
}

function replyAt({ present }: State, command: 'from' | 'to' | 'data') {
  const [at, status, words] = present === undefined ? [] : (replies[present] ?? []);
  return at === command ? Object.assign(new Error(words), { responseCode: status }) : undefined;
}

function destroyAll(sockets: Iterable<Socket>): void {
  for (const socket of sockets) socket.destroy();
}

/** A greeting that never ends. */
function trickle(socket: Socket): void {
  const talk = setInterval(() => socket.write('220-a moment, please\r\n'), 20);
  socket.on('close', () => clearInterval(talk));
}

function letterOf({ envelope, secure }: SMTPServerSession, source: string): Letter {
  const from = envelope.mailFrom === false ? undefined : envelope.mailFrom.address;
  return { from, to: envelope.rcptTo.map(({ address }) => address), secure, source };
}
