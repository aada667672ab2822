import { Secret, TOTP } from 'otpauth';
import { second, type Clock } from '../src/base/clock.ts';

/** The codes of an authenticator app at a clock's time, from another implementation of RFC 6238. */
export function codesAt(clock: Clock) {
  const codeFor = (seed: string, steps = 0) =>
    new TOTP({ secret: Secret.fromBase32(seed) }).generate({ timestamp: clock.now() + steps * 30 * second });
  return {
    codeFor,
    /** A code that is wrong at all steps near now. */
    wrongCodeFor: (seed: string): string => {
      const near = [-2, -1, 0, 1, 2].map((steps) => codeFor(seed, steps));
      return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code)) ?? '';
    },
  };
}
