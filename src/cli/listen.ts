import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { second } from '../base/clock.ts';
import { SetupError } from '../base/fault.ts';
import type { Listener } from '../http/server/listener.ts';
import { answerInTurn, type Heard } from './connections.ts';
import { roomForConnections } from './open-files.ts';
import { codeOf } from './plain-error.ts';

/** The socket that requests come in at. */
export type Front = {
  readonly port: number;
  /** Its address and port, such as `127.0.0.1:8000` or `[::]:8000`. */
  readonly address: string;
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

export type Ways = {
  /** Where it is written what came and was no request. */
  readonly log?: Heard;
  /** In milliseconds. */
  readonly stillness?: number;
  /** How many connections there may be at once. */
  readonly connections?: number;
  /** The server's public URL, where it is set. */
  readonly url?: string | undefined;
};

/** Takes the address at once, so that the port is known, and a port in use is found, before anything is written anywhere. */
export async function listen(
  host: string,
  port: number,
  { log, stillness = longestStillness, connections = roomForConnections(), url }: Ways = {},
): Promise<Front> {
  const opened = Promise.withResolvers<Listener>();
  // Without a Host the house says in its own words what is wrong.
  const server = createServer({ ...timeouts, requireHostHeader: false });
  server.timeout = stillness;
  const close = answerInTurn(server, opened.promise, { log, connections, url });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw unreachable(error, host, port);
  }
  // A TCP server's address is never a path.
  const bound = server.address() as AddressInfo;
  const address = `${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
  return { port: bound.port, address, open: opened.resolve, close };
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
