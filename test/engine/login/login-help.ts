import assert from 'node:assert/strict';
import type { Hasher } from '../../../src/base/hasher.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { cheapHasher } from '../../../kit/hasher.ts';
import { unwrap, inNextEpoch, type TestEngine, type Person } from '../../../kit/test-engine.ts';

const deviceSecret = 'the secret of a device';

/** A key of each kind for somebody who has no second factor yet. */
export async function addKeys(engine: TestEngine, { caller }: Person): Promise<{ apikey: string; device: string }> {
  // Later than the password, so that its id does not sort before it by chance.
  engine.clock.tick(1);
  const made = unwrap(await enroll(engine.ctx, caller, { kind: 'apikey', label: null, input: {} }));
  const again = inNextEpoch(caller);
  unwrap(await enroll(engine.ctx, again, { kind: 'device', label: null, input: { secret: deviceSecret } }));
  return { apikey: String(made.offer.secret), device: deviceSecret };
}

export async function guess(engine: TestEngine, name: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const outcome = await engine.logIn(name, 'a wrong guess');
    assert.ok(!outcome.ok && outcome.reason !== 'throttled');
  }
}

/** A hasher that counts, and before it verifies does what it is told. */
export function watched(): Hasher & { count: number; meanwhile: (() => Promise<void>) | undefined } {
  const hasher = cheapHasher();
  return {
    ...hasher,
    count: 0,
    meanwhile: undefined,
    hash(secret) {
      this.count += 1;
      return hasher.hash(secret);
    },
    async verify(phc, secret) {
      this.count += 1;
      const work = this.meanwhile;
      this.meanwhile = undefined;
      await work?.();
      return hasher.verify(phc, secret);
    },
  };
}
