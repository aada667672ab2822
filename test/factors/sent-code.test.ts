import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Binding } from '../../src/factors/factor.ts';
import { email } from '../../src/factors/sent-code/email.ts';
import { sms } from '../../src/factors/sent-code/sms.ts';
import { enrolled, help, noon, verify, yes } from './help.ts';

const owned = { sms: ['+12133734253', '+14155552671'], email: ['ada@example.org', 'bob@example.org'] } as const;

for (const factor of [sms, email]) {
  const [destination, other] = owned[factor.kind === 'sms' ? 'sms' : 'email'];

  /** What is sent when chance gives these numbers, each of 32 bits. */
  const sent = (...numbers: readonly number[]) => sentFor({ purpose: 'login' }, ...numbers);
  const sentFor = async (binding: Binding, ...numbers: readonly number[]) => {
    const { state } = yes(await enrolled(factor, { destination }));
    const left = numbers.map((number) => Buffer.from(number.toString(16).padStart(8, '0'), 'hex'));
    const random = { bytes: () => left.shift() ?? assert.fail('chance was drawn too often') };
    const candidates = [{ id: 'one', state }];
    const prompted = await factor.prompt?.({ settings: {}, candidates }, { ...help(), binding, random });
    const { message, next, memo } = yes(prompted ?? assert.fail('it sends nothing'));
    return { message: message ?? assert.fail('it sends nothing'), state: next?.state ?? state, memo };
  };

  describe(`a code by ${factor.kind}`, () => {
    test('has six digits, of which none is likelier than another', async () => {
      for (const [numbers, code] of [
        [[0], '000000'],
        [[7], '000007'],
        [[1_000_000], '000000'],
        [[4_293_999_999], '999999'],
        // From here on the low codes would come once more often than the others.
        [[4_294_000_000, 42], '000042'],
        [[2 ** 32 - 1, 4_294_000_000, 123_456], '123456'],
      ] as const)
        assert.equal((await sent(...numbers)).message.code, code);
    });

    test('is good for the destination that it was sent to, and for no other', async () => {
      const { state } = await sent(123_456);
      assert.equal((await verify(factor, state, '123456', help(noon))).ok, true);
      const moved = { ...(state as object), destination: other };
      assert.deepEqual(await verify(factor, moved, '123456', help(noon)), { ok: false, reason: 'wrong' });
    });

    test('of a challenge is in its memo, and good for this challenge alone', async () => {
      const of = (challengeId: string): Binding => ({ purpose: 'service', challengeId, action: null });
      const { state, memo } = await sentFor(of('one'), 123_456);
      assert.deepEqual(state, yes(await enrolled(factor, { destination })).state);
      const isTaken = async (binding: Binding, given: object) => {
        const read = factor.read('123456') ?? assert.fail('it is no code');
        return (await read.verify({ state, memo, ...given }, { ...help(), binding })).ok;
      };
      assert.equal(await isTaken(of('one'), {}), true);
      assert.equal(await isTaken(of('two'), {}), false);
      assert.equal(await isTaken({ purpose: 'step_up', challengeId: 'two', action: null }, {}), false);
      assert.equal(await isTaken({ purpose: 'login' }, {}), false);
      // Even where it would be in the place of a login's code.
      assert.equal(await isTaken({ purpose: 'login' }, { state: { ...(state as object), code: memo } }), false);
      const { state: ofLogin } = await sent(123_456);
      assert.equal(await isTaken(of('one'), { state: ofLogin, memo: undefined }), false);
    });

    test('that a node of version 0.1.0 sent is good for a login', async () => {
      const { state } = yes(await enrolled(factor, { destination }));
      const hash = help().safe.mac(factor.kind, `${destination}\u0000123456`);
      const code = { hash, digits: 6, expiresAt: noon + 1, failures: 0 };
      assert.equal((await verify(factor, { ...(state as object), code }, '123456', help(noon))).ok, true);
    });
  });
}
