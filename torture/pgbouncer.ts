import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../kit/free-port.ts';
import type { Cluster } from '../kit/postgres/cluster.ts';

const example = join(import.meta.dirname, '../examples/pgbouncer/pgbouncer.ini');

/** Fewer connections than the servers ask for. */
const poolSize = 5;

/** A pgbouncer in front of a port of this machine, with the example's configuration except for addresses and paths. */
export async function startPgBouncer(
  { url, folder, user }: Cluster,
  port: number,
): Promise<AsyncDisposable & { readonly url: string }> {
  const address = new URL(url);
  const config = join(folder, 'pgbouncer.ini');
  const users = join(folder, 'userlist.txt');
  const listening = await freePort();
  const settings = {
    countersign: `host=127.0.0.1 port=${port} dbname=postgres`,
    listen_port: listening,
    auth_file: users,
    default_pool_size: poolSize,
  };
  const lines = Object.entries(settings).reduce(
    (text, [name, value]) => text.replace(new RegExp(`^${name} = .*$`, 'm'), `${name} = ${value}`),
    readFileSync(example, 'utf8'),
  );
  writeFileSync(config, lines);
  writeFileSync(users, `"${address.username}" "${address.password}"\n`);
  const bouncer = spawn('pgbouncer', [config], { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const end = () => bouncer.kill('SIGKILL');
  process.once('exit', end);
  await untilUp(bouncer);
  address.port = String(listening);
  address.pathname = '/countersign';
  address.search = 'prepare=false';
  return {
    url: address.href,
    async [Symbol.asyncDispose]() {
      process.off('exit', end);
      const exited = once(bouncer, 'exit');
      end();
      await exited;
    },
  };
}

async function untilUp(bouncer: ChildProcess & { readonly stderr: NodeJS.ReadableStream }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const output: string[] = [];
  bouncer.once('error', () => reject(new Error('pgbouncer cannot be started: install it')));
  bouncer.once('exit', () => reject(new Error(`pgbouncer ended while starting: ${output.join(' ')}`)));
  // Read also after it is up: a full pipe would block it.
  createInterface(bouncer.stderr).on('line', (line) => {
    if (output.length < 20) output.push(line);
    if (line.includes('process up')) resolve();
  });
  await promise;
}
