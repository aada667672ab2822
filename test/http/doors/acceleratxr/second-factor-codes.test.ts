import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../../../src/base/clock.ts';
import { createApp } from '../../../../src/http/server/app.ts';
import { dialects } from '../../../../src/http/doors/index.ts';
import { createMetrics } from '../../../../src/http/server/metrics.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { noTurns } from '../../../../kit/test-engine.ts';
import { startServer, url, type Answer, type App, type Server } from '../../../../kit/server.ts';
import { adaWithApp, answerWith } from './auth-help.ts';
import { code } from './help.ts';

onEachDatabase('a code of the second factor', (on) => {
  test('a wrong code is a 401, and the challenge can be answered again', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    const challenge = await server.challenge(ada);
    const wrong = await answerWith(server, challenge, server.wrongCode(app));
    assert.equal(code(wrong), '401 invalid_code');
    assert.equal((await answerWith(server, challenge, server.code(app))).status, 200);
  });

  test('after five wrong codes a wait begins, in which the right one is refused too, over any challenge', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    for (let guess = 0; guess < 5; guess += 1) {
      assert.equal(
        code(await answerWith(server, await server.challenge(ada), server.wrongCode(app))),
        '401 invalid_code',
      );
    }
    const challenge = await server.challenge(ada);
    const waits = await answerWith(server, challenge, server.code(app));
    assert.deepEqual([code(waits), waits.headers.get('retry-after')], ['429 throttled', '30']);
    server.clock.tick(29 * second);
    assert.equal((await answerWith(server, challenge, server.code(app))).headers.get('retry-after'), '1');
    server.clock.tick(second);
    assert.equal((await answerWith(server, challenge, server.code(app))).status, 200);
  });

  test('who loses a race with the right code is told what anybody with a used code is told', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    const used = await answerWith(server, await server.challenge(ada), server.code(app, -1));
    assert.equal(code(used), '401 invalid_code');
    const { context, routes } = server.countersign;
    const node = createApp({ ...context, turns: noTurns }, { routes, dialects, metrics: createMetrics([]), url });
    const challenges = [await server.challenge(ada), await server.challenge(ada), await server.challenge(ada)];
    const responses = await Promise.all(
      challenges.map(async (challenge) => {
        const body = JSON.stringify({ token: server.code(app), challenge_token: challenge });
        const headers = { 'Content-Type': 'application/json' };
        return node.fetch(new Request(`${url}/auth/totp`, { method: 'POST', headers, body }), {});
      }),
    );
    const seen = async ({ status, headers }: Pick<Answer, 'status' | 'headers'>, text: string) =>
      JSON.stringify([status, [...headers], text]).replaceAll(headers.get('x-request-id') ?? '', '');
    const told = await Promise.all(responses.map(async (response) => seen(response, await response.text())));
    assert.deepEqual(
      told.filter((one) => !one.startsWith('[200')),
      Array(2).fill(await seen(used, used.text)),
    );
  });

  test('a code may come with spaces and dashes, or as a number that has lost its zeros', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    const spellings: ((digits: string) => unknown)[] = [
      (digits) => digits,
      (digits) => ` ${digits.slice(0, 3)} ${digits.slice(3)} `,
      (digits) => `${digits.slice(0, 3)}-${digits.slice(3)}`,
      Number,
    ];
    for (const spell of spellings) {
      server.clock.tick(minute);
      const answer = await answerWith(server, await server.challenge(ada), spell(server.code(app)));
      assert.equal(answer.status, 200, String(spell(server.code(app))));
    }
    await untilZero(server, app);
    const digits = server.code(app);
    assert.ok(await server.logIn(ada, Number(digits)), digits);
  });
});

/** Lets time go on until the app shows a code with a leading zero. */
async function untilZero(server: Server, app: App): Promise<void> {
  while (!server.code(app).startsWith('0')) server.clock.tick(30 * second);
}
