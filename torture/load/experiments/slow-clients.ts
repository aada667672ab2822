import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { openCrowd } from '../load-process.ts';
import type { Lab } from '../lab.ts';
import { makePeople, passwordLogin, witnesses } from '../people.ts';
import { expectPunctual } from '../latency.ts';
import { megabytes } from '../report.ts';
import { serve } from '../server.ts';

/** Of each sort. */
const clients = 100;

/** Milliseconds: how long the server bears with anybody, and between two looks at who is too slow. */
const bounds = { headers: 22_000, body: 37_000, unread: 135_000, witness: 1500 };

/** Megabytes that all of them may cost. */
const growth = 60;

type Sort = {
  readonly name: string;
  /** When all of them have to be gone. */
  readonly bound: number;
  readonly first: string;
  /** This each second. */
  readonly slowly?: string;
  readonly reads: boolean;
};

const head = 'POST /auth/totp HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
const page = 'GET /docs HTTP/1.1\r\nHost: a\r\n\r\n';

const sorts: readonly Sort[] = [
  { name: 'who say nothing', bound: bounds.headers, first: '', reads: true },
  { name: 'who send a byte of headers a second', bound: bounds.headers, first: head, slowly: 'A', reads: true },
  {
    name: 'who send a byte of a body a second',
    bound: bounds.body,
    first: `${head}Content-Length: 1000\r\n\r\n{"`,
    slowly: 'a',
    reads: true,
  },
  {
    name: 'who send a chunk of a byte a second',
    bound: bounds.body,
    first: `${head}Transfer-Encoding: chunked\r\n\r\n`,
    slowly: '1\r\na\r\n',
    reads: true,
  },
  // What may be asked at once fits into the buffers of the machine; they are full some seconds later. An answer of which a part has gone out
  // is waited for twice.
  {
    name: 'who ask for more and more and read nothing',
    bound: bounds.unread,
    first: page.repeat(8),
    slowly: page,
    reads: false,
  },
];

/** Clients who take their time, so that there is none left for others. */
export async function slowClients(lab: Lab): Promise<void> {
  await using server = await serve(await lab.settings());
  const [person] = await makePeople(server.url, 'person', 1);
  if (!person) throw new Error('nobody was made');
  await wait(1000);
  const before = { memory: await server.memory(), descriptors: server.descriptors() };
  const looking = openCrowd(server.url, [
    ...witnesses(person),
    { name: 'password login', clients: 1, asks: [passwordLogin(person)], every: 500 },
  ]);
  await wait(500);

  const began = performance.now();
  const all = sorts.flatMap((sort) => Array.from({ length: clients }, () => ({ sort, ...dawdle(server.url, sort) })));
  await wait(10_000);
  const during = await server.memory();
  // Beside the four connections of those who look, and a file that is being read.
  const there = () => Math.max(0, (server.descriptors() ?? 0) - (before.descriptors ?? 0) - 6);
  for (const sort of sorts) {
    const own = all.filter((one) => one.sort === sort);
    await expectGone(lab, sort, own, { began, there });
    lab.tell(sort.name);
  }
  for (const { socket } of all) socket.destroy();

  expectPunctual(lab, await looking.stop(), bounds.witness);
  await wait(1000);
  const after = { memory: await server.memory(), descriptors: server.descriptors() };
  lab.expect(
    `they cost at most ${growth} MB`,
    during.rss <= before.memory.rss + growth,
    `resident ${megabytes(before.memory.rss)}, with them ${megabytes(during.rss)}, then ${megabytes(after.memory.rss)}`,
  );
  lab.expect(
    'no descriptor is left of them',
    (after.descriptors ?? 0) <= (before.descriptors ?? 0) + 2,
    `${before.descriptors}, then ${after.descriptors}`,
  );
  lab.expect('no fault in the log', server.log.ears.broken().length === 0, server.log.ears.broken()[0] ?? 'none');
}

type Dawdler = { readonly socket: Socket; readonly gone: Promise<number> };

async function expectGone(
  lab: Lab,
  { name, bound, reads }: Sort,
  own: readonly Dawdler[],
  { began, there }: { readonly began: number; readonly there: () => number },
): Promise<void> {
  const left = began + bound - performance.now();
  await Promise.race([Promise.all(own.map(({ gone }) => gone)), wait(Math.max(0, left))]);
  // Whoever reads nothing does not hear either that the connection has ended, so the server is asked how many are there.
  const open = reads ? own.filter(({ socket }) => !socket.destroyed).length : there();
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  lab.expect(
    `${clients} ${name}: gone after ${bound / 1000} s`,
    open === 0,
    open === 0 ? `after ${seconds} s` : `${open} are there`,
  );
}

/** One of them. `gone` is when the server hung up: milliseconds from the beginning. */
function dawdle(url: string, { first, slowly, reads }: Sort): Dawdler {
  const began = performance.now();
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // Whoever is hung up on while they talk hears it in one way or another.
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
