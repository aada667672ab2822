import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { second } from '../base/clock.ts';
import { SetupError } from '../base/fault.ts';
import type { Listener } from '../http/server/listener.ts';
import { answerInTurn, type ConnectionLog } from './connections.ts';
import { roomForConnections } from './open-files.ts';
import { codeOf } from './plain-error.ts';

/** The socket that accepts requests. */
export type ServerSocket = {
  readonly port: number;
  /** Its address and port, such as `127.0.0.1:8000` or `[::]:8000`. */
  readonly address: string;
  /** Begins to answer requests, those that have waited first. */
  open(listener: Listener): void;
  /** Stops taking requests and waits for those in progress; after `patience` milliseconds their connections are closed. */
  close(patience: number): Promise<void>;
};

const timeouts = {
  headersTimeout: 15 * second,
  requestTimeout: 30 * second,
  // Longer than the minute for which proxies keep a connection: closing first may cut off a request that is on its way.
  keepAliveTimeout: 75 * second,
  connectionsCheckingInterval: 5 * second,
};

/** No answer takes this long, so a connection without traffic for that time does not read its answer. */
const maxIdleTime = 60 * second;

export type ListenOptions = {
  /** The log of malformed requests. */
  readonly log?: ConnectionLog;
  /** In milliseconds. */
  readonly idleLimit?: number;
  /** The limit of open connections. */
  readonly connections?: number;
  /** The server's public URL, where it is set. */
  readonly url?: string | undefined;
};

/** Binds the address first, so that the port is known, and a port in use is found, before anything is written. */
export async function listen(
  host: string,
  port: number,
  { log, idleLimit = maxIdleTime, connections = roomForConnections(), url }: ListenOptions = {},
): Promise<ServerSocket> {
  const opened = Promise.withResolvers<Listener>();
  // A missing Host is answered by our own handler, as a problem.
  const server = createServer({ ...timeouts, requireHostHeader: false });
  server.timeout = idleLimit;
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
    return new SetupError(
      `port ${port} of ${host} is in use: stop the process that listens there, or set COUNTERSIGN_PORT`,
    );
  }
  if (code === 'EACCES')
    return new SetupError(`port ${port} needs more rights than this user has: set COUNTERSIGN_PORT to 1024 or more`);
  if (code !== undefined && /^(EADDRNOTAVAIL|ENOTFOUND|EAI_\w+|EINVAL)$/.test(code)) {
    return new SetupError(`${host} is not an address of this machine: set COUNTERSIGN_HOST to one`);
  }
  return error;
}
