import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerChallenge } from '../../../src/engine/challenge/answer-challenge.ts';
import { createChallenge } from '../../../src/engine/challenge/create-challenge.ts';
import { reachChallenge } from '../../../src/engine/challenge/reach-challenge.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { endSession } from '../../../src/engine/session/list-sessions.ts';
import type { Turns } from '../../../src/base/turns.ts';
import { refuse } from '../../../src/base/outcome.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house } from '../../../kit/house.ts';

onEachDatabase('an approval', (database) => {
  test('of a step-up is answered as it is written down, though its session ends right after', async () => {
    await using home = await house(database);
    const { caller, seed } = await home.addProtected('ada');
    const asker = { type: 'session', session: caller } as const;
    const put = got(await createChallenge(home.ctx, asker, {})) ?? assert.fail('nothing is asked');
    const reached = got(await reachChallenge(home.ctx, asker, put.challenge.id));
    assert.ok(reached.type === 'step_up');
    const turns: Turns = async (key, work) => {
      const done = await work();
      // All is kept by then, and nothing is answered yet.
      if (key.endsWith('/answer')) got(await endSession(home.ctx, caller, caller.id));
      return done;
    };
    const approved = got(await answerChallenge({ ...home.ctx, turns }, reached, { response: home.codeFor(seed) }));
    assert.ok(approved.token);
    assert.deepEqual(await authenticate(home.ctx, approved.token), refuse('invalid_token'));
  });

  test('of a step-up gives the session a token that says what it has proven', async () => {
    await using home = await house(database);
    const { caller, seed } = await home.addProtected('ada');
    const asker = { type: 'session', session: caller } as const;
    home.clock.tick(60_000);
    const put = got(await createChallenge(home.ctx, asker, {})) ?? assert.fail('nothing is asked');
    const reached = got(await reachChallenge(home.ctx, asker, put.challenge.id));
    assert.ok(reached.type === 'step_up');
    const { token = '' } = got(await answerChallenge(home.ctx, reached, { response: home.codeFor(seed) }));
    const amr = ['pwd', 'otp', 'mfa'];
    const raised = { ...caller, amr, secondFactorAt: home.clock.now() };
    assert.deepEqual(await home.caller(token), raised);
    const claims = await home.ctx.tokens.read(token, home.clock.now());
    assert.deepEqual([claims?.sid, claims?.amr, claims?.acr], [caller.id, amr, 'aal2']);
  });
});
