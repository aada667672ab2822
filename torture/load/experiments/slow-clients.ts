import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { startLoad } from '../load-process.ts';
import type { Lab } from '../lab.ts';
import { makePeople, passwordLogin, monitors } from '../people.ts';
import { expectLatency, expectNoFaults } from '../expectations.ts';
import { megabytes } from '../report.ts';
import { serve } from '../server.ts';

/** Of each kind. */
const clients = 100;

/** Milliseconds: the server's timeouts, with the interval at which it checks them. */
const bounds = { headers: 22_000, body: 37_000, unread: 135_000, monitored: 1500 };

/** Megabytes for all of them. */
const growth = 60;

type ClientKind = {
  readonly name: string;
  /** When all have to be disconnected. */
  readonly bound: number;
  readonly first: string;
  /** Sent each second. */
  readonly slowly?: string;
  readonly reads: boolean;
};

const head = 'POST /auth/totp HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
const page = 'GET /docs HTTP/1.1\r\nHost: a\r\n\r\n';

const kinds: readonly ClientKind[] = [
  { name: 'silent clients', bound: bounds.headers, first: '', reads: true },
  {
    name: 'clients that send a byte of headers a second',
    bound: bounds.headers,
    first: head,
    slowly: 'A',
    reads: true,
  },
  {
    name: 'clients that send a byte of a body a second',
    bound: bounds.body,
    first: `${head}Content-Length: 1000\r\n\r\n{"`,
    slowly: 'a',
    reads: true,
  },
  {
    name: 'clients that send a chunk of a byte a second',
    bound: bounds.body,
    first: `${head}Transfer-Encoding: chunked\r\n\r\n`,
    slowly: '1\r\na\r\n',
    reads: true,
  },
  // The first answers fit into the machine's buffers, which are full some seconds later. An answer that was sent in part has two timeouts.
  {
    name: 'clients that send requests and read no answer',
    bound: bounds.unread,
    first: page.repeat(8),
    slowly: page,
    reads: false,
  },
];

/** Slow clients, which take up connections. */
export async function slowClients(lab: Lab): Promise<void> {
  await using server = await serve(await lab.settings());
  const [person] = await makePeople(server.url, 'person', 1);
  if (!person) throw new Error('no user was made');
  await wait(1000);
  const before = { memory: await server.memory(), descriptors: server.descriptors() };
  const monitoring = startLoad(server.url, [
    ...monitors(person),
    { name: 'password login', clients: 1, asks: [passwordLogin(person)], every: 500 },
  ]);
  await wait(500);

  const began = performance.now();
  const all = kinds.flatMap((kind) =>
    Array.from({ length: clients }, () => ({ kind, ...connectSlowly(server.url, kind) })),
  );
  await wait(10_000);
  const during = await server.memory();
  // Without the four connections of the monitors, and files that are being read.
  const openConnections = () => Math.max(0, (server.descriptors() ?? 0) - (before.descriptors ?? 0) - 6);
  for (const kind of kinds) {
    const own = all.filter((one) => one.kind === kind);
    await expectDisconnected(lab, kind, own, { began, openConnections });
    lab.tell(kind.name);
  }
  for (const { socket } of all) socket.destroy();

  expectLatency(lab, await monitoring.stop(), bounds.monitored);
  await wait(1000);
  const after = { memory: await server.memory(), descriptors: server.descriptors() };
  lab.expect(
    `all cost at most ${growth} MB`,
    during.rss <= before.memory.rss + growth,
    `resident ${megabytes(before.memory.rss)}, with them ${megabytes(during.rss)}, then ${megabytes(after.memory.rss)}`,
  );
  lab.expect(
    'no descriptor leaked',
    (after.descriptors ?? 0) <= (before.descriptors ?? 0) + 2,
    `${before.descriptors}, then ${after.descriptors}`,
  );
  expectNoFaults(lab, server);
}

type SlowClient = { readonly socket: Socket; readonly gone: Promise<number> };

async function expectDisconnected(
  lab: Lab,
  { name, bound, reads }: ClientKind,
  own: readonly SlowClient[],
  { began, openConnections }: { readonly began: number; readonly openConnections: () => number },
): Promise<void> {
  const left = began + bound - performance.now();
  await Promise.race([Promise.all(own.map(({ gone }) => gone)), wait(Math.max(0, left))]);
  // A client that reads nothing does not notice the end of its connection, so the server's connections are counted.
  const open = reads ? own.filter(({ socket }) => !socket.destroyed).length : openConnections();
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  lab.expect(
    `${clients} ${name}: disconnected after ${bound / 1000} s`,
    open === 0,
    open === 0 ? `after ${seconds} s` : `${open} are connected`,
  );
}

/** Connects one client. `gone` is when the server closed the connection: milliseconds from the beginning. */
function connectSlowly(url: string, { first, slowly, reads }: ClientKind): SlowClient {
  const began = performance.now();
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // The server may close the connection in the middle of a write.
  socket.on('error', () => {});
  if (reads) socket.resume();
  else socket.pause();
  const gone = new Promise<number>((resolve) => socket.once('close', () => resolve(performance.now() - began)));
  void once(socket, 'connect').then(
    () => socket.write(first),
    () => {},
  );
  if (slowly !== undefined) {
    const timer = setInterval(() => socket.write(slowly), 1000);
    void gone.then(() => clearInterval(timer));
  }
  return { socket, gone };
}
