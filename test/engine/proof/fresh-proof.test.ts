import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../../src/base/clock.ts';
import { refuse } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { requireStepUp, stepUpLife } from '../../../src/engine/proof/fresh-proof.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine } from '../../../kit/test-engine.ts';

onEachDatabase('step-up', (database) => {
  test('asks a user without a second factor for a login of the last 15 minutes', async () => {
    await using engine = await startEngine(database);
    const { caller } = await engine.addPerson('ada');
    unwrap(await enroll(engine.ctx, caller, { kind: 'totp', label: null, input: {} }));
    const last = caller.authTime + stepUpLife;
    assert.deepEqual(await requireStepUp({ ...engine.ctx, now: last + 1 }, caller), refuse('login_too_old'));
    const allowed = unwrap(await requireStepUp({ ...engine.ctx, now: last }, caller));
    assert.deepEqual(
      allowed.authenticators.map(({ kind, status }) => [kind, status]),
      [['password', 'active']],
    );
  });

  test('holds for fifteen minutes after a second factor was proven, to the millisecond', async () => {
    await using engine = await startEngine(database);
    const { caller } = await engine.addProtected('ada');
    const proven = engine.clock.now();
    assert.equal(stepUpLife, 15 * minute);
    assert.equal(caller.secondFactorAt, proven);
    assert.equal((await requireStepUp({ ...engine.ctx, now: proven + stepUpLife }, caller)).ok, true);
    assert.deepEqual(
      await requireStepUp({ ...engine.ctx, now: proven + stepUpLife + 1 }, caller),
      refuse('step_up_required'),
    );
  });

  test('is asked of a session that never proved a second factor', async () => {
    await using engine = await startEngine(database);
    const { caller } = await engine.addProtected('ada');
    const weaker = { ...caller, secondFactorAt: null };
    assert.deepEqual(await requireStepUp(engine.ctx, weaker), refuse('step_up_required'));
  });

  test('is never enough for a program, with or without a second factor', async () => {
    await using engine = await startEngine(database);
    const [ada, eve] = [await engine.addPerson('ada'), await engine.addProtected('eve')];
    for (const { caller } of [ada, eve]) {
      for (const authModule of ['apikey', 'device'])
        assert.deepEqual(await requireStepUp(engine.ctx, { ...caller, authModule }), refuse('unattended'));
    }
    for (const authModule of ['user_auth', 'authtoken', 'oauth2', 'toString']) {
      assert.equal((await requireStepUp(engine.ctx, { ...ada.caller, authModule })).ok, true);
    }
  });

  test('is refused to a service whose approval another change has spent', async () => {
    await using engine = await startEngine(database);
    const { caller } = await engine.addPerson('ada');
    const { epoch } = caller.user;
    assert.equal((await requireStepUp(engine.ctx, { ...caller, approvalEpoch: epoch })).ok, true);
    const spent = await requireStepUp(engine.ctx, { ...caller, approvalEpoch: epoch - 1 });
    assert.deepEqual(spent, refuse('raced'));
  });

  test("looks at the caller's own factors only", async () => {
    await using engine = await startEngine(database);
    const { caller } = await engine.addPerson('ada');
    await engine.addProtected('eve');
    assert.equal((await requireStepUp(engine.ctx, caller)).ok, true);
  });
});
