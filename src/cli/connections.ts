import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { minute, systemClock } from '../base/clock.ts';
import { systemRandom, timeOrderedHex } from '../base/random.ts';
import type { Log } from '../engine/context.ts';
import type { Listener } from '../http/server/listener.ts';
import type { Problem } from '../http/route.ts';
import { refusalOf, unmetExpectation, unreadable } from '../http/server/unreadable.ts';
import { codeOf } from './plain-error.ts';

/** How many requests may be in line on one connection. Browsers and proxies send one and wait for its answer. */
const longestLine = 8;

/** Where it is written what came and was no request, and that connections were too many. */
export type Heard = Pick<Log, 'info' | 'warn'>;

type Bounds = {
  readonly log: Heard | undefined;
  /** How many there may be at once. */
  readonly connections: number;
  /** The server's public URL, where it is set. */
  readonly url?: string | undefined;
};

type HttpExchange = { readonly request: IncomingMessage; readonly response: ServerResponse };

/** Of each connection, the request that is being answered and those behind it. The one answered last stands last. */
type Lines = Map<Duplex, HttpExchange[]>;

type RefusedSocket = Duplex & { readonly remoteAddress?: string | undefined };

type State = { readonly lines: Lines; closing: boolean };

/**
 * Hands over one request of a connection at a time, the next when the answer to the one before is out: answers that nobody reads do not
 * pile up, and nothing is done for who has left. Node would hand over all that it has read. It also counts a connection on which
 * nothing was ever asked as busy, so which are busy is followed here. Where connections are as many as there may be, a new one takes the
 * place of the one that has been silent for the longest.
 *
 * @returns What takes no more requests and lets those under way end, for so many milliseconds.
 */
export function answerInTurn(
  server: Server,
  opened: Promise<Listener>,
  { log, connections, url }: Bounds,
): (patience: number) => Promise<void> {
  const state: State = { lines: new Map(), closing: false };
  const { lines } = state;
  const warnOfLimit = atMostEvery(minute, () =>
    log?.warn({ connections }, 'there are as many connections as there may be: the silent ones make room for new ones'),
  );

  server.on('connection', (socket) => {
    const isFull = lines.size >= connections;
    if (isFull) warnOfLimit();
    if (isFull && !makeRoom(lines)) {
      socket.destroy();
      return;
    }
    lines.set(socket, []);
    socket.once('close', () => lines.delete(socket));
  });
  server.on('request', (request, response) => {
    const { socket } = request;
    const line = lines.get(socket);
    if (!line || line.length === longestLine) {
      socket.destroy();
      return;
    }
    line.push({ request, response });
    if (line.length === 1) answerFirst(state, opened, socket);
  });
  const refuse = (what: Problem, socket: RefusedSocket) =>
    refuseAt(socket, lines.get(socket) ?? [], { what, log, url });
  server.on('checkExpectation', ({ socket }) => refuse(unmetExpectation, socket));
  server.on('clientError', (error, socket) => refuse(unreadable(codeOf(error)), socket));

  return (patience) => close(server, state, patience);
}

function answerFirst(state: State, opened: Promise<Listener>, socket: Socket): void {
  const line = state.lines.get(socket) ?? [];
  const [first] = line;
  if (!first || socket.destroyed) return;
  const { request, response } = first;
  if (state.closing) response.setHeader('Connection', 'close');
  response.once('close', () => {
    line.shift();
    if (state.lines.delete(socket)) state.lines.set(socket, line);
    if (state.closing) socket.destroySoon();
    else answerFirst(state, opened, socket);
  });
  void opened.then((answer) => answer(request, response));
}

/**
 * Hangs up on the one that has been silent for the longest, be it that it asks nothing or that it does not read. False: each has asked
 * something, and waits for its answer.
 */
function makeRoom(lines: Lines): boolean {
  for (const [socket, [first]] of lines) {
    if (first?.request.complete && !first.response.writableEnded) continue;
    lines.delete(socket);
    socket.destroy();
    return true;
  }
  return false;
}

function atMostEvery(interval: number, work: () => void): () => void {
  let last = -Infinity;
  return () => {
    const now = systemClock.now();
    if (now - last < interval) return;
    last = now;
    work();
  };
}

/** Says what is wrong, where that can still be heard, and hangs up: what comes behind it can't be told from it. */
function refuseAt(
  socket: RefusedSocket,
  [first]: readonly HttpExchange[],
  { what, log, url }: Pick<Bounds, 'log' | 'url'> & { readonly what: Problem },
): void {
  // Nothing else goes into an answer that has begun, and none comes before those of the requests ahead of it.
  const isNext = !first || !(first.request.complete || first.response.headersSent);
  if (socket.writable && isNext) {
    const { status, code } = what;
    const requestId = timeOrderedHex(systemRandom, systemClock.now());
    log?.info({ status, code, client_ip: socket.remoteAddress, request_id: requestId }, 'no request');
    socket.write(refusalOf(what, { requestId, url }));
  }
  socket.destroy();
}

async function close(server: Server, state: State, patience: number): Promise<void> {
  state.closing = true;
  const closed = once(server, 'close');
  server.close();
  for (const [socket, [first]] of state.lines) {
    if (!first) socket.destroy();
    else if (!first.response.headersSent) first.response.setHeader('Connection', 'close');
  }
  const timer = setTimeout(() => server.closeAllConnections(), patience);
  await closed;
  clearTimeout(timer);
}
