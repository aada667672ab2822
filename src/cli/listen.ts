import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { second } from '../base/clock.ts';
import { SetupError } from '../base/fault.ts';
import type { Listener } from '../http/listener.ts';
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

/** Takes the address at once, so that the port is known, and a port in use is found, before anything is written anywhere. */
export async function listen(host: string, port: number): Promise<Front> {
  const opened = Promise.withResolvers<Listener>();
  const server = createServer(timeouts);
  server.on('request', (request, response) => void opened.promise.then((answer) => answer(request, response)));
  const close = drainable(server);
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw unreachable(error, host, port);
  }
  // A TCP server's address is never a path.
  return { port: (server.address() as AddressInfo).port, open: opened.resolve, close };
}

/** Follows which connections have a request under way: Node counts one on which nothing was ever asked as busy, and would wait for it. */
function drainable(server: Server): Front['close'] {
  const connections = new Set<Socket>();
  const underWay = new Map<ServerResponse, Socket>();
  let closing = false;
  const isBusy = (socket: Socket) => underWay.values().some((busy) => busy === socket);

  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    underWay.set(response, socket);
    if (closing) response.setHeader('Connection', 'close');
    response.once('close', () => {
      underWay.delete(response);
      if (closing && !isBusy(socket)) socket.destroySoon();
    });
  });

  return async (patience) => {
    closing = true;
    const closed = once(server, 'close');
    server.close();
    for (const response of underWay.keys()) if (!response.headersSent) response.setHeader('Connection', 'close');
    for (const socket of connections) if (!isBusy(socket)) socket.destroy();
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
