import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { serve, type Running } from '../../kit/process.ts';

const limit = 10_000;
const env = { COUNTERSIGN_ADMIN_PASSWORD: 'a password of theirs', COUNTERSIGN_REGISTRATION: 'open' };

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends a server with nothing to do at once, with exit code 0`, async () => {
    const server = await serve({ env });
    await (await fetch(`${server.url}/health/ready`)).text();
    const began = performance.now();
    assert.deepEqual(await server.stop(signal), { code: 0, signal: null });
    assert.ok(performance.now() - began < limit);
    assert.match(server.stderr.at(-1) ?? '', /"msg":"stopped"/);
  });
}

test('a request in flight is answered after SIGTERM, and written, before the server ends with exit code 0', async () => {
  const server = await serve({ env });
  const began = performance.now();
  const asked = await inFlight(server);
  const stopped = server.stop();
  await server.logged(/"msg":"stopping"/);
  await assert.rejects(fetch(`${server.url}/health/live`), 'new connections are still taken');
  asked.end('{"name": "ada", "password": "a password of hers"}');
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  assert.deepEqual([answer.statusCode, answer.headers.connection], [201, 'close']);
  assert.match(await text(answer), /"token"/);
  assert.deepEqual(await stopped, { code: 0, signal: null });
  assert.ok(performance.now() - began < limit);

  const again = await serve({ env, folder: server.folder });
  const headers = { Authorization: `Basic ${btoa('ada:a password of hers')}` };
  assert.equal((await fetch(`${again.url}/auth/password`, { headers })).status, 200);
  await again.stop();
});

test('a second signal ends the server at once', async () => {
  const server = await serve({ env });
  const asked = await inFlight(server);
  asked.on('error', () => {});
  // The first two may be one Ctrl-C, which npm passes on; sooner or later one of these is a second.
  const impatient = setInterval(() => server.process.kill('SIGTERM'), 100);
  const [code] = (await once(server.process, 'exit')) as [number];
  clearInterval(impatient);
  assert.equal(code, 128 + 15);
});

/** A registration of which the server has seen the head, and whose body is still to come. */
async function inFlight({ url }: Running): Promise<ClientRequest> {
  const asked = request(`${url}/users`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Expect: '100-continue' },
  });
  asked.flushHeaders();
  await once(asked, 'continue');
  return asked;
}
