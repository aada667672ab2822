/** A door may let a user have fewer authenticators of a kind than the factor allows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { confirm } from '../../../src/engine/enrollment/confirm.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { stepUpLife } from '../../../src/engine/proof/fresh-proof.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine } from '../../../kit/test-engine.ts';

const totp = { kind: 'totp', label: null, input: {} } as const;

onEachDatabase('an enrolment through a door with a limit', (database) => {
  test('is refused where the user has as many, whether or not they have proven anything freshly', async () => {
    await using engine = await startEngine(database);
    const { token } = await engine.addProtected('ada');
    const caller = await engine.caller(token);
    assert.deepEqual(await enroll(engine.ctx, caller, { ...totp, limit: 1 }), refuse('too_many'));
    unwrap(await enroll(engine.ctx, caller, { ...totp, limit: 2 }));
    engine.clock.tick(stepUpLife + 1);
    assert.deepEqual(await enroll(engine.ctx, caller, { ...totp, limit: 1 }), refuse('too_many'));
    assert.deepEqual(await enroll(engine.ctx, caller, { ...totp, limit: 2 }), refuse('step_up_required'));
  });

  test('is confirmed by its kind, where one waits and the limit is not reached', async () => {
    await using engine = await startEngine(database);
    const { caller, token } = await engine.addPerson('ada');
    const awaited = { kind: 'totp', limit: 1 } as const;
    assert.deepEqual(await confirm(engine.ctx, caller, { awaited, response: '123456' }), refuse('not_found'));
    const { offer } = unwrap(await enroll(engine.ctx, caller, totp));
    const response = engine.codeFor(String(offer.secret));
    assert.deepEqual(
      await confirm(engine.ctx, caller, { awaited: { kind: 'sms', limit: 1 }, response }),
      refuse('not_found'),
    );
    const { recoveryCodes } = unwrap(await confirm(engine.ctx, caller, { awaited, response }));
    assert.equal(recoveryCodes.length, 10);
    const enrolled = await engine.caller(token);
    assert.deepEqual(await confirm(engine.ctx, enrolled, { awaited, response }), refuse('too_many'));
  });
});
