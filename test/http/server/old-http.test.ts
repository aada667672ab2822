/** HTTP/1.0, as some load balancers and their probes speak it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listen } from '../../../src/cli/listen.ts';
import { sendRaw } from '../../../kit/hostile-requests.ts';
import { startServer } from '../../../kit/server.ts';

for (const [what, bytes, expected] of [
  ['HTTP/1.0 without Host', 'GET /health/live HTTP/1.0\r\n\r\n', 200],
  ['HTTP/1.0 with an empty Host', 'GET /health/live HTTP/1.0\r\nHost:\r\n\r\n', 200],
  ['HTTP/1.0 with Host', 'GET /health/live HTTP/1.0\r\nHost: a\r\n\r\n', 200],
  ['HTTP/1.0 with a Host that is none', 'GET /health/live HTTP/1.0\r\nHost: a b\r\n\r\n', 400],
  ['HTTP/1.0 without Host at an unknown path', 'GET /nowhere HTTP/1.0\r\n\r\n', 404],
  ['HTTP/1.0 without Host and with a body', post('HTTP/1.0', ''), 401],
  ['HTTP/1.1 without Host', 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  ['HTTP/1.1 with an empty Host', 'GET /health/live HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n', 400],
] as const)
  test(`${what} is answered ${expected}`, async () => {
    await using server = await startServer();
    const front = await listen('127.0.0.1', 0);
    front.open(server.countersign.listener);
    const { answers } = await sendRaw(front.port, { bytes });
    assert.deepEqual(
      answers.map(({ status }) => status),
      [expected],
    );
    await front.close(0);
  });

function post(version: string, headers: string): string {
  const body = '{"token": "123456", "challenge_token": "none"}';
  return `POST /auth/totp ${version}\r\n${headers}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
