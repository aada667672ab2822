/** What both of Deux's logins say to somebody who asks for a code again, before the next one may be sent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import {
  addOAuthApp,
  assertNoToken,
  enableSms,
  singleRequestLogins,
  newestCode,
  bodyOf,
  tokenOf,
} from '../../../../kit/doors.ts';
import { startServer, type Answer } from '../../../../kit/server.ts';

/** The answer that a code is needed, and on its way. */
function assertAsked(answer: Answer): void {
  const { mfa_required, mfa_type } = bodyOf(answer);
  assert.deepEqual([answer.status, mfa_required, mfa_type], [200, true, 'sms'], answer.text);
}

function assertWaits(answer: Answer, seconds: number): void {
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [429, String(seconds)], answer.text);
  assertNoToken(answer);
  const { error } = bodyOf(answer);
  assert.ok(
    error === undefined ? answer.asked.includes('authtoken') : error === 'temporarily_unavailable',
    answer.text,
  );
}

onEachDatabase('asking for a code again', (on) => {
  for (const [name, at] of [
    ['authtoken', 1],
    ['oauth2', 3],
  ] as const) {
    async function scene() {
      const server = await startServer({ on });
      const ada = await server.addPerson('ada');
      await enableSms(server, ada);
      const login = Object.values(singleRequestLogins(await addOAuthApp(server)))[at] ?? assert.fail();
      const logIn = (codes?: Parameters<typeof login>[2]) => login(server.call, ada, codes);
      return { ...server, logIn };
    }

    test(`${name}: several times at once, the answer is the same, for the code that was sent is one`, async () => {
      await using server = await scene();
      const sent = server.sent.length;
      const answers = await Promise.all(Array.from({ length: 4 }, () => server.logIn()));
      for (const answer of answers) assertAsked(answer);
      assert.equal(server.sent.length, sent + 1);
    });

    test(`${name}: after the code was used one waits, and is not asked for a code that does not come`, async () => {
      await using server = await scene();
      assertAsked(await server.logIn());
      assert.ok(tokenOf(await server.logIn({ mfa_code: newestCode(server) })));
      assertWaits(await server.logIn(), 30);
      server.clock.tick(30 * second);
      assertAsked(await server.logIn());
    });

    test(`${name}: after five wrong codes the code is dead, and is not asked for`, async () => {
      await using server = await scene();
      assertAsked(await server.logIn());
      const wrong = String((Number(newestCode(server)) + 1) % 1_000_000).padStart(6, '0');
      for (let guess = 0; guess < 4; guess += 1) await server.logIn({ mfa_code: wrong });
      assertAsked(await server.logIn());
      await server.logIn({ mfa_code: wrong });
      assertWaits(await server.logIn(), 30);
    });

    test(`${name}: when messages are further apart than a code lives, one waits for the next`, async () => {
      await using server = await startServer({ on, sending: { every: 10 * minute } });
      const ada = await server.addPerson('ada');
      await enableSms(server, ada);
      server.clock.tick(10 * minute);
      const login = Object.values(singleRequestLogins(await addOAuthApp(server)))[at] ?? assert.fail();
      assertAsked(await login(server.call, ada));
      server.clock.tick(5 * minute - 1);
      assertAsked(await login(server.call, ada));
      server.clock.tick(1);
      assertWaits(await login(server.call, ada), 300);
    });
  }
});
