/** A door may let a user have fewer authenticators of a kind than the factor allows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { confirm } from '../../../src/engine/enrollment/confirm.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { stepUpLife } from '../../../src/engine/session/step-up.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house } from '../../../kit/house.ts';

const totp = { kind: 'totp', label: null, input: {} } as const;

onEachDatabase('an enrolment through a door with a limit', (database) => {
  test('is refused where the user has as many, whether or not they have proven anything freshly', async () => {
    await using home = await house(database);
    const { token } = await home.addProtected('ada');
    const caller = await home.caller(token);
    assert.deepEqual(await enroll(home.ctx, caller, { ...totp, limit: 1 }), refuse('too_many'));
    got(await enroll(home.ctx, caller, { ...totp, limit: 2 }));
    home.clock.tick(stepUpLife + 1);
    assert.deepEqual(await enroll(home.ctx, caller, { ...totp, limit: 1 }), refuse('too_many'));
    assert.deepEqual(await enroll(home.ctx, caller, { ...totp, limit: 2 }), refuse('step_up_required'));
  });

  test('is confirmed by its kind, where one waits and the limit is not reached', async () => {
    await using home = await house(database);
    const { caller, token } = await home.addPerson('ada');
    const awaited = { kind: 'totp', limit: 1 } as const;
    assert.deepEqual(await confirm(home.ctx, caller, { awaited, response: '123456' }), refuse('not_found'));
    const { offer } = got(await enroll(home.ctx, caller, totp));
    const response = home.codeFor(String(offer.secret));
    assert.deepEqual(
      await confirm(home.ctx, caller, { awaited: { kind: 'sms', limit: 1 }, response }),
      refuse('not_found'),
    );
    const { recoveryCodes } = got(await confirm(home.ctx, caller, { awaited, response }));
    assert.equal(recoveryCodes.length, 10);
    const enrolled = await home.caller(token);
    assert.deepEqual(await confirm(home.ctx, enrolled, { awaited, response }), refuse('too_many'));
  });
});
