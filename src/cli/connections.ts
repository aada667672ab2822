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

/** The limit of pipelined requests on one connection. Browsers and proxies send one and wait for its answer. */
const longestLine = 8;

/** The log of malformed requests and of the connection limit. */
export type ConnectionLog = Pick<Log, 'info' | 'warn'>;

type Bounds = {
  readonly log: ConnectionLog | undefined;
  /** The limit of open connections. */
  readonly connections: number;
  /** The server's public URL, where it is set. */
  readonly url?: string | undefined;
};

type HttpExchange = { readonly request: IncomingMessage; readonly response: ServerResponse };

/** For each connection, the request that is being answered and those after it. Connections are in the order of their last answers. */
type Lines = Map<Duplex, HttpExchange[]>;

type RefusedSocket = Duplex & { readonly remoteAddress?: string | undefined };

type State = { readonly lines: Lines; closing: boolean };

/**
 * Handles one request of a connection at a time, so that unread answers do not pile up. At the connection limit a new connection closes the
 * one that has been idle for the longest. Node itself would handle pipelined requests at once, and count an unused connection as busy.
 * @returns A function that stops taking requests and waits for those in progress, for the given milliseconds.
 */
export function answerInTurn(
  server: Server,
  opened: Promise<Listener>,
  { log, connections, url }: Bounds,
): (patience: number) => Promise<void> {
  const state: State = { lines: new Map(), closing: false };
  const { lines } = state;
  const warnOfLimit = atMostEvery(minute, () =>
    log?.warn({ connections }, 'connection limit reached; closing idle connections'),
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
 * Closes the connection that has been idle for the longest: without a request, or with an answer that is not read. False: all wait for
 * their answers.
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

/** Answers with the problem if that is still possible, and closes: the bytes after a malformed request cannot be parsed. */
function refuseAt(
  socket: RefusedSocket,
  [first]: readonly HttpExchange[],
  { what, log, url }: Pick<Bounds, 'log' | 'url'> & { readonly what: Problem },
): void {
  // An answer that has begun cannot change, and earlier requests are answered first.
  const isNext = !first || !(first.request.complete || first.response.headersSent);
  if (socket.writable && isNext) {
    const { status, code } = what;
    const requestId = timeOrderedHex(systemRandom, systemClock.now());
    log?.info({ status, code, client_ip: socket.remoteAddress, request_id: requestId }, 'malformed request');
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
