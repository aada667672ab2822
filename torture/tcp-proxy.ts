import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy on this machine that can drop connections, also in the middle of an answer. */
export type TcpProxy = AsyncDisposable & {
  readonly port: number;
  /** The port that new connections go to; undefined refuses them. */
  forwardTo(port: number | undefined): void;
  /** Drops every connection. */
  dropConnections(): void;
  /** Drops each connection as soon as an answer comes on it: the request was executed, and its answer is lost. */
  dropOnNextAnswer(): void;
};

type Link = { readonly client: Socket; readonly upstream: Socket; dropOnAnswer: boolean };

export async function openTcpProxy(): Promise<TcpProxy> {
  const links = new Set<Link>();
  let target: number | undefined;
  const end = ({ client, upstream }: Link) => {
    client.destroy();
    upstream.destroy();
  };
  const server = createServer({ noDelay: true }, (client) => {
    client.on('error', () => {});
    if (target === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect({ host: '127.0.0.1', port: target, noDelay: true });
    const link: Link = { client, upstream, dropOnAnswer: false };
    links.add(link);
    upstream.on('error', () => {});
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => (link.dropOnAnswer ? end(link) : client.write(chunk)));
    for (const socket of [client, upstream]) {
      socket.once('close', () => {
        links.delete(link);
        end(link);
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    forwardTo: (port) => (target = port),
    dropConnections: () => links.forEach(end),
    dropOnNextAnswer: () => links.forEach((link) => (link.dropOnAnswer = true)),
    async [Symbol.asyncDispose]() {
      links.forEach(end);
      server.close();
      await once(server, 'close');
    },
  };
}
