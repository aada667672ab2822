/** A real nginx in front of a server, with the settings that docs/operations.md shows. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { freePort } from '../../kit/free-port.ts';
import { listening, nginxConfiguration, startNginx } from '../../kit/nginx.ts';
import { serve } from '../../kit/process.ts';
import { skipWithout } from '../../kit/programs.ts';
import { basic } from '../../kit/server.ts';

const reason = skipWithout('nginx');
const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const shown =
  /```nginx\n(location \/auth\/ [^]*?)```/.exec(page)?.[1] ?? assert.fail('the page shows no configuration');

/** nginx's own addresses are 127.0.0.1, clients choose another one of the loopback. */
const client = '127.0.0.9';
const password = 'the first of them all';

for (const [header, location] of [
  ['x-forwarded-for', shown],
  ['forwarded', shown.replace(/proxy_set_header X-[^]*;/, `proxy_set_header Forwarded 'for="$remote_addr:4711"';`)],
] as const)
  test(`nginx says in ${header} who the client is`, { skip: reason ?? false }, async () => {
    const port = await freePort();
    const url = `http://localhost:${port}/auth`;
    const server = await serve({
      env: {
        COUNTERSIGN_URL: url,
        COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.1, ::1',
        COUNTERSIGN_FORWARDED_HEADER: header,
        COUNTERSIGN_ADMIN_PASSWORD: password,
      },
    });
    const own = /listening on 127\.0\.0\.1:(\d+), public URL (.*)$/.exec(server.stdout.at(-1) ?? '');
    assert.equal(own?.[2], url);
    const backend = Number(own?.[1]);
    await using nginx = await startNginx((folder, socket) =>
      configuration(folder, { socket, port, location: location.replaceAll('127.0.0.1:8000', `127.0.0.1:${backend}`) }),
    );
    // nginx opens its sockets one after the other.
    await listening(port);
    const forged = { 'X-Forwarded-For': '203.0.113.9', Forwarded: 'for="203.0.113.9' };
    assert.equal(await addressOf(port), client);
    assert.equal(await addressOf(port, forged), client);
    assert.equal(await addressOf(backend, forged), client, 'past nginx, from an address that is not trusted');

    assert.equal((await fetch(`${nginx.url}/auth/health/live`)).status, 200, 'a client at a Unix socket');
    for (const path of ['/auth/docs', '/auth/docs/style.css', '/auth/problems/name_taken', '/auth/health/live'])
      assert.equal((await ask(port, path)).status, 200, path);
    for (const path of ['/health/live', '/metrics', '/.well-known/jwks.json'])
      assert.equal((await ask(backend, path)).status, 200, path);
    assert.equal((await ask(backend, '/docs')).status, 404);
    assert.equal((await server.stop()).code, 0);
  });

async function ask(port: number, path: string, headers: Readonly<Record<string, string>> = {}) {
  const sent = request({ host: '127.0.0.1', port, path, headers, localAddress: client, agent: false }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, text: await text(answer) };
}

/** Logs in, and returns the address that the session has. */
async function addressOf(port: number, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const login = await ask(port, '/auth/auth/password', { ...headers, Authorization: basic('admin', password) });
  const { token } = JSON.parse(login.text) as { token: string };
  const { text: listed } = await ask(port, '/auth/sessions', { ...headers, Authorization: `Bearer ${token}` });
  const sessions = JSON.parse(listed) as readonly { current: boolean; client_ip: string }[];
  return sessions.find(({ current }) => current)?.client_ip;
}

type Front = { readonly socket: string; readonly port: number; readonly location: string };

const configuration = (folder: string, { socket, port, location }: Front) =>
  nginxConfiguration(
    folder,
    `server {
    listen unix:${socket};
    listen 127.0.0.1:${port};
    ${location}
  }`,
  );
