/** A real nginx on a free port, until it is disposed of. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { portOf } from './free-port.ts';

export type Nginx = AsyncDisposable & { readonly url: string; readonly port: number };

/** `write` writes the served files into the folder, and returns a configuration that listens at `socket`. */
export async function startNginx(write: (folder: string, socket: string) => string): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-nginx-'));
  const socket = join(folder, 'nginx.sock');
  const config = join(folder, 'nginx.conf');
  const asRoot = process.getuid?.() === 0 ? 'user root;\n' : '';
  writeFileSync(config, `${asRoot}worker_processes 1;\n${write(folder, socket)}`);
  // A free port may be taken before nginx listens on it. So this process listens on the port, and forwards to nginx's socket.
  const listener = createServer((near) => {
    const far = connect(socket);
    near.pipe(far).pipe(near);
    for (const side of [near, far]) side.on('error', () => [near, far].forEach((one) => one.destroy()));
  });
  const port = await portOf(listener);
  const nginx = spawn('nginx', ['-p', folder, '-c', config, '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  nginx.stderr.on('data', (text) => (output += String(text)));
  const ended = once(nginx, 'exit');
  const close = async (): Promise<void> => {
    nginx.kill();
    await ended;
    await new Promise((resolve) => listener.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await listening(socket, () => assert.equal(nginx.exitCode, null, output));
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `http://localhost:${port}`, port, [Symbol.asyncDispose]: close };
}

/** A configuration that keeps its files in the folder. `servers`: what stands inside `http`. */
export function nginxConfiguration(folder: string, servers: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join('\n');
  return `daemon off;
pid ${join(folder, 'pid')};
events {}
http {
  access_log off;
  ${temporary}
  ${servers}
}
`;
}

/** Waits until a socket, or a port of this machine, accepts connections. */
export async function listening(place: string | number, assertRunning: () => void = () => {}): Promise<void> {
  for (;;) {
    assertRunning();
    const client = typeof place === 'number' ? connect(place, '127.0.0.1') : connect(place);
    const isUp = await new Promise<boolean>((resolve) => {
      client.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    client.destroy();
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
