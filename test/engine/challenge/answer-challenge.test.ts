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
import { unwrap, startEngine } from '../../../kit/test-engine.ts';

onEachDatabase('an approval', (database) => {
  test('of a step-up is answered as it is written down, though its session ends right after', async () => {
    await using engine = await startEngine(database);
    const { caller, seed } = await engine.addProtected('ada');
    const asker = { type: 'session', session: caller } as const;
    const put = unwrap(await createChallenge(engine.ctx, asker, {})) ?? assert.fail('nothing is asked');
    const reached = unwrap(await reachChallenge(engine.ctx, asker, put.challenge.id));
    assert.ok(reached.type === 'step_up');
    const turns: Turns = async (key, work) => {
      const done = await work();
      // All is kept by then, and nothing is answered yet.
      if (key.endsWith('/answer')) unwrap(await endSession(engine.ctx, caller, caller.id));
      return done;
    };
    const approved = unwrap(
      await answerChallenge({ ...engine.ctx, turns }, reached, { response: engine.codeFor(seed) }),
    );
    assert.ok(approved.token);
    assert.deepEqual(await authenticate(engine.ctx, approved.token), refuse('invalid_token'));
  });

  test('of a step-up gives the session a token that says what it has proven', async () => {
    await using engine = await startEngine(database);
    const { caller, seed } = await engine.addProtected('ada');
    const asker = { type: 'session', session: caller } as const;
    engine.clock.tick(60_000);
    const put = unwrap(await createChallenge(engine.ctx, asker, {})) ?? assert.fail('nothing is asked');
    const reached = unwrap(await reachChallenge(engine.ctx, asker, put.challenge.id));
    assert.ok(reached.type === 'step_up');
    const { token = '' } = unwrap(await answerChallenge(engine.ctx, reached, { response: engine.codeFor(seed) }));
    const amr = ['pwd', 'otp', 'mfa'];
    const { tokenId: before, ...session } = caller;
    const { tokenId, ...raised } = await engine.caller(token);
    const secondFactorAt = engine.clock.now();
    assert.deepEqual(raised, { ...session, amr, secondFactorAt, generation: 3, refreshFrom: 3 });
    assert.notEqual(tokenId, before);
    const claims = await engine.ctx.tokens.read(token, engine.clock.now());
    assert.deepEqual([claims?.sid, claims?.amr, claims?.acr], [caller.id, amr, 'aal2']);
  });
});
