import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A stretch of wire on this machine that can be cut: whoever talks over it loses the connection, maybe in the middle of an answer. */
export type Cutter = AsyncDisposable & {
  readonly port: number;
  /** Where it leads; nowhere while the far end is down. */
  lead(port: number | undefined): void;
  /** Cuts every connection there is. */
  cut(): void;
  /** Cuts each connection there is as soon as something comes back on it, which is lost: it was done, and nobody hears of it. */
  cutAnswers(): void;
};

type Line = { readonly near: Socket; readonly far: Socket; deaf: boolean };

export async function openCutter(): Promise<Cutter> {
  const lines = new Set<Line>();
  let target: number | undefined;
  const end = ({ near, far }: Line) => {
    near.destroy();
    far.destroy();
  };
  const server = createServer({ noDelay: true }, (near) => {
    near.on('error', () => {});
    if (target === undefined) {
      near.destroy();
      return;
    }
    const far = connect({ host: '127.0.0.1', port: target, noDelay: true });
    const line: Line = { near, far, deaf: false };
    lines.add(line);
    far.on('error', () => {});
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => (line.deaf ? end(line) : near.write(chunk)));
    for (const socket of [near, far]) {
      socket.once('close', () => {
        lines.delete(line);
        end(line);
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    lead: (port) => (target = port),
    cut: () => lines.forEach(end),
    cutAnswers: () => lines.forEach((line) => (line.deaf = true)),
    async [Symbol.asyncDispose]() {
      lines.forEach(end);
      server.close();
      await once(server, 'close');
    },
  };
}
