import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type Seen = {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

export type StandIn = AsyncDisposable & {
  readonly host: string;
  /** Every request, whatever its answer was. */
  readonly seen: readonly Seen[];
};

/** A stand-in with a fault until `mend` is called, and the messages that it accepted. */
export type Troubled<Taken> = StandIn & { readonly mend: () => void; readonly taken: () => readonly Taken[] };

/** An HTTP server on loopback; over TLS when it has an identity. */
export async function standIn(
  answer: (request: Seen, response: ServerResponse) => void,
  identity?: { readonly key: string; readonly cert: string },
): Promise<StandIn> {
  const seen: Seen[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, url: path, headers } = request;
    const arrived = { method, path, headers, body: await text(request) };
    seen.push(arrived);
    answer(arrived, response);
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => void serve(request, response);
  const server = identity ? createTlsServer(identity, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Faults of any HTTP server. */
export const httpTroubles: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'is broken': (response) =>
    response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>Service Unavailable</h1>'),
  'has had enough of us': (response) => response.writeHead(429, { 'retry-after': '1' }).end(),
  'says nothing': () => undefined,
  'stops in the middle': (response) =>
    response.writeHead(400, { 'content-type': 'application/json' }).write('{"code":'),
  'sends us elsewhere': (response) => response.writeHead(307, { location: '/elsewhere' }).end(),
  'talks nonsense': (response) => response.socket?.end('220 mail.example.com ESMTP\r\n'),
  'talks without end': (response) => {
    response.writeHead(400, { 'content-type': 'application/json' });
    const pour = (): void => {
      while (response.write(' '.repeat(16_384)));
    };
    response.on('drain', pour);
    pour();
  },
  'talks slowly': (response) => {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.write('{');
    const talk = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(talk));
  },
  'hangs up': (response) => response.socket?.destroy(),
};
