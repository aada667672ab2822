import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assuranceOf,
  isEnough,
  withEnrollment,
  withSecondFactor,
  type RequiredAssurance,
} from '../../../src/engine/session/assurance.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const ago = (seconds: number) => now - seconds * 1000;
const one = { amr: ['pwd'], authTime: ago(100), secondFactorAt: null };
const two = { amr: ['pwd', 'otp', 'mfa'], authTime: ago(1000), secondFactorAt: ago(100) };

const cases: Readonly<
  Record<string, readonly [session: typeof one | typeof two, wanted: RequiredAssurance, enough: boolean]>
> = {
  'any session, where nothing is wanted': [one, {}, true],
  'one factor for aal1': [one, { acr: 'aal1' }, true],
  'one factor for aal2': [one, { acr: 'aal2' }, false],
  'two factors for aal2': [two, { acr: 'aal2' }, true],
  'a login of just that age': [one, { maxAge: 100 }, true],
  'a login older than that': [one, { maxAge: 99 }, false],
  'a second factor that is younger than the login': [two, { maxAge: 100 }, true],
  'a second factor of just that age': [two, { acr: 'aal2', maxAge: 100 }, true],
  'a second factor older than that': [two, { acr: 'aal2', maxAge: 99 }, false],
  'a fresh login whose second factor is old': [{ ...two, authTime: now }, { acr: 'aal2', maxAge: 99 }, false],
  'nothing is new enough, where nothing may be old': [two, { maxAge: 0 }, false],
  'the methods that are wanted': [two, { amr: ['otp', 'pwd'] }, true],
  'a method too few': [two, { amr: ['otp', 'hwk'] }, false],
};

for (const [what, [session, wanted, enough]] of Object.entries(cases))
  test(`${what}: ${enough ? 'enough' : 'not enough'}`, () => assert.equal(isEnough(session, wanted, now), enough));

test('an address that is enrolled leaves a stronger proof as it was, and takes nothing else along', () => {
  const strong = { ...two, epoch: 7 };
  const policy = { emailIsAal2: false };
  const after = withEnrollment(strong, ['otp', 'email'], { policy, now });
  assert.deepEqual(after, { amr: two.amr, secondFactorAt: two.secondFactorAt });
  const weak = { amr: ['pwd', 'otp', 'email', 'mfa'], secondFactorAt: now };
  assert.deepEqual(withEnrollment(one, ['otp', 'email'], { policy, now }), weak);
  assert.deepEqual(withEnrollment(weak, ['otp'], { policy, now }), { amr: ['pwd', 'otp', 'mfa'], secondFactorAt: now });
});

test('a code by e-mail is a second factor at aal1, unless the account accepts it', () => {
  const methods = (emailIsAal2: boolean) => withSecondFactor(['pwd'], ['otp', 'email'], { emailIsAal2 });
  assert.deepEqual(methods(false), ['pwd', 'otp', 'email', 'mfa']);
  assert.equal(assuranceOf({ amr: methods(false), secondFactorAt: now }), 'aal1');
  assert.deepEqual(methods(true), ['pwd', 'otp', 'mfa']);
  assert.equal(assuranceOf({ amr: methods(true), secondFactorAt: now }), 'aal2');
});
