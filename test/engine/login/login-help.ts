import assert from 'node:assert/strict';
import type { Hasher } from '../../../src/base/hasher.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { cheapHasher } from '../../../kit/hasher.ts';
import { got, inNextEpoch, type House, type Person } from '../../../kit/house.ts';

const deviceSecret = 'the secret of a device';

/** A key of each kind for somebody who has no second factor yet. */
export async function addKeys(home: House, { caller }: Person): Promise<{ apikey: string; device: string }> {
  // Later than the password, so that its id does not sort before it by chance.
  home.clock.tick(1);
  const made = got(await enroll(home.ctx, caller, { kind: 'apikey', label: null, input: {} }));
  const again = inNextEpoch(caller);
  got(await enroll(home.ctx, again, { kind: 'device', label: null, input: { secret: deviceSecret } }));
  return { apikey: String(made.offer.secret), device: deviceSecret };
}

export async function guess(home: House, name: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const outcome = await home.logIn(name, 'a wrong guess');
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
