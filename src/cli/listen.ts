import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { second, systemClock } from '../base/clock.ts';
import { SetupError } from '../base/fault.ts';
import { systemRandom, timeOrderedHex } from '../base/random.ts';
import type { Log } from '../engine/context.ts';
import type { Listener } from '../http/listener.ts';
import type { Problem } from '../http/problem.ts';
import { refusalOf, unmetExpectation, unreadable } from '../http/unreadable.ts';
import { codeOf } from './plain-error.ts';

/** The socket that people reach the house at. */
export type Front = {
  readonly port: number;
  /** Lets requests in. Those that came before waited here. */
  open(listener: Listener): void;
  /** Takes no more requests and lets those under way end; who takes longer than `patience` milliseconds is hung up on. */
  close(patience: number): Promise<void>;
};

const timeouts = {
  headersTimeout: 15 * second,
  requestTimeout: 30 * second,
  // Longer than the minute for which proxies keep a connection: who closes first may cut off a request that is on its way.
  keepAliveTimeout: 75 * second,
  connectionsCheckingInterval: 5 * second,
};

/** No answer takes as long: who has one under way and moves no byte of it in that time does not read it. */
const longestStillness = 60 * second;

/** How many requests may be in line on one connection. Browsers and proxies send one and wait for its answer. */
const longestLine = 32;

export type Ways = {
  /** Where it is written what came and was no request. */
  readonly log?: Pick<Log, 'info'>;
  /** In milliseconds. */
  readonly stillness?: number;
};

/** Takes the address at once, so that the port is known, and a port in use is found, before anything is written anywhere. */
export async function listen(
  host: string,
  port: number,
  { log, stillness = longestStillness }: Ways = {},
): Promise<Front> {
  const opened = Promise.withResolvers<Listener>();
  // Without a Host the house says in its own words what is wrong.
  const server = createServer({ ...timeouts, requireHostHeader: false });
  server.timeout = stillness;
  const close = answerInTurn(server, opened.promise, log);
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw unreachable(error, host, port);
  }
  // A TCP server's address is never a path.
  return { port: (server.address() as AddressInfo).port, open: opened.resolve, close };
}

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse };

/**
 * Hands over one request of a connection at a time, the next when the answer to the one before is out: answers that nobody reads do not
 * pile up, and nothing is done for who has left. Node would hand over all that it has read. It also counts a connection on which
 * nothing was ever asked as busy, so which are busy is followed here.
 */
function answerInTurn(server: Server, opened: Promise<Listener>, log: Ways['log']): Front['close'] {
  /** Of each connection, the request that is being answered and those behind it. */
  const lines = new Map<Duplex, Exchange[]>();
  let closing = false;

  function answerFirst(socket: Socket, line: Exchange[]): void {
    const [first] = line;
    if (!first || socket.destroyed) return;
    const { request, response } = first;
    if (closing) response.setHeader('Connection', 'close');
    response.once('close', () => {
      line.shift();
      if (closing) socket.destroySoon();
      else answerFirst(socket, line);
    });
    void opened.then((answer) => answer(request, response));
  }

  server.on('connection', (socket) => {
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
    if (line.length === 1) answerFirst(socket, line);
  });

  server.on('checkExpectation', ({ socket }) => refuse(unmetExpectation, socket));
  server.on('clientError', (error, socket) => refuse(unreadable(codeOf(error)), socket));

  /** Says what is wrong, where that can still be heard, and hangs up: what comes behind it can't be told from it. */
  function refuse(what: Problem, socket: Duplex & { readonly remoteAddress?: string | undefined }): void {
    const [first] = lines.get(socket) ?? [];
    // Nothing else goes into an answer that has begun, and none comes before those of the requests ahead of it.
    const isNext = !first || !(first.request.complete || first.response.headersSent);
    if (socket.writable && isNext) {
      const { status, code } = what;
      const requestId = timeOrderedHex(systemRandom, systemClock.now());
      log?.info({ status, code, client_ip: socket.remoteAddress, request_id: requestId }, 'no request');
      socket.write(refusalOf(what, requestId));
    }
    socket.destroy();
  }

  return async (patience) => {
    closing = true;
    const closed = once(server, 'close');
    server.close();
    for (const [socket, [first]] of lines) {
      if (!first) socket.destroy();
      else if (!first.response.headersSent) first.response.setHeader('Connection', 'close');
    }
    const timer = setTimeout(() => server.closeAllConnections(), patience);
    await closed;
    clearTimeout(timer);
  };
}

function unreachable(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error ? codeOf(error) : undefined;
  if (code === 'EADDRINUSE') {
    return new SetupError(`port ${port} of ${host} is in use: stop what listens there, or set COUNTERSIGN_PORT`);
  }
  if (code === 'EACCES') return new SetupError(`port ${port} may not be used: set COUNTERSIGN_PORT to 1024 or more`);
  if (code !== undefined && /^(EADDRNOTAVAIL|ENOTFOUND|EAI_\w+|EINVAL)$/.test(code)) {
    return new SetupError(`${host} is no address of this machine: set COUNTERSIGN_HOST to one`);
  }
  return error;
}
