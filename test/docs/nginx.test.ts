/** A real nginx, with the configuration that docs/challenges.md shows, asks before it lets a request through. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { minute } from '../../src/base/clock.ts';
import { listen } from '../../src/cli/listen.ts';
import { member, startServer, type Server } from '../support/server.ts';
import { skipWithoutPrograms } from './programs.ts';

const reason = skipWithoutPrograms('nginx');

test(
  'a session that stepped up gets through, and the others are told what they lack',
  { skip: reason ?? false },
  async () => {
    await using place = await nginxBefore();
    const { server, url } = place;
    const person = await server.addPerson('ada');
    const ask = (token: string) =>
      oauth.protectedResourceRequest(token, 'GET', new URL(url), new Headers(), null, {
        [oauth.allowInsecureRequests]: true,
      });
    assert.equal((await fetch(url)).status, 401);
    await assert.rejects(ask(person.token), (error) => {
      assert.ok(error instanceof oauth.WWWAuthenticateChallengeError);
      const [challenge] = error.cause;
      const { scheme, parameters } = challenge ?? assert.fail('nothing was asked for');
      assert.deepEqual(
        [scheme, parameters['error'], parameters['acr_values'], parameters['max_age']],
        ['bearer', 'insufficient_user_authentication', 'aal2', '900'],
      );
      return true;
    });

    const app = await server.addApp(person);
    server.clock.tick(minute);
    const bearer = await server.logIn(person, server.code(app));
    server.clock.tick(16 * minute);
    await assert.rejects(ask(bearer));
    const made = await server.call('POST', '/challenges', { bearer, json: {} });
    const json = { code: server.code(app) };
    const done = await server.call('POST', `/challenges/${member(made, 'id')}/verify`, { bearer, json });
    const through = await ask(member(done, 'token'));
    assert.deepEqual([through.status, await through.text()], [200, `for ${person.uid}`]);
  },
);

type Place = AsyncDisposable & { readonly server: Server; readonly url: string };

/** nginx in front of an application that says for whom it was asked, and a house beside it. */
async function nginxBefore(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-nginx-'));
  const front = await listen('127.0.0.1', 0);
  const server = await startServer();
  front.open(server.countersign.listener);
  const application = createHttpServer((request, response) => response.end(`for ${String(request.headers['x-user'])}`));
  const socket = join(folder, 'nginx.sock');
  // Whoever picks a port for nginx may find it taken by the time it listens: behind its socket stands one that was never free.
  const door = createServer((near) => near.pipe(connect(socket)).pipe(near));
  const ports = await Promise.all([portOf(application), portOf(door)]);
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, configuration(folder, { house: front.port, application: ports[0] }));
  const nginx = spawn('nginx', ['-p', folder, '-c', config, '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  nginx.stderr.on('data', (text) => (said += String(text)));
  const ended = once(nginx, 'exit');
  const close = async (): Promise<void> => {
    nginx.kill();
    await ended;
    application.closeAllConnections();
    await Promise.all([application, door].map((one) => new Promise((resolve) => one.close(resolve))));
    await front.close(0);
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await listening(socket, () => assert.equal(nginx.exitCode, null, said));
  } catch (error) {
    await close();
    throw error;
  }
  return { server, url: `http://127.0.0.1:${ports[1]}/`, [Symbol.asyncDispose]: close };
}

async function portOf(server: TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Waits until somebody answers at a socket. */
async function listening(socket: string, stillThere: () => void): Promise<void> {
  for (;;) {
    stillThere();
    const client = connect(socket);
    const isUp = await new Promise<boolean>((resolve) => {
      client.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    client.destroy();
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The page's own, around which stands what a server of one test needs. */
function configuration(folder: string, ports: { readonly house: number; readonly application: number }): string {
  const page = readFileSync(new URL('../../docs/challenges.md', import.meta.url), 'utf8');
  const shown = /```nginx\n([^]*?)```/.exec(page)?.[1] ?? assert.fail('the page shows no configuration');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join('\n');
  return `daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${join(folder, 'pid')};
events {}
http {
  access_log off;
  ${temporary}
  upstream application { server 127.0.0.1:${ports.application}; }
  server {
    listen unix:${join(folder, 'nginx.sock')};
    ${shown.replaceAll('http://localhost:8000', `http://127.0.0.1:${ports.house}`)}
  }
}
`;
}
