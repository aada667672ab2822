import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authModules, moduleOf, requirement } from '../../../src/engine/policy/auth-modules.ts';
import { secondFactors } from '../../../src/engine/policy/second-factors.ts';
import type { Authenticator } from '../../../src/store/authenticators.ts';

function one(kind: string, status: Authenticator['status'] = 'active'): Authenticator {
  const times = { createdAt: 0, updatedAt: 0, lastUsedAt: null, expiresAt: null, scope: null };
  return { id: `${kind} ${status}`, userId: 'ada', kind, label: null, state: {}, status, revision: 0, ...times };
}

const everything = ['password', 'apikey', 'device', 'totp', 'recovery'].map((kind) => one(kind));

test('every login but one by apikey or passkey asks for any second factor the user has', () => {
  for (const authModule of authModules) {
    const { anyOf } = requirement(authModule, everything);
    assert.deepEqual(
      anyOf.map(({ kind }) => kind),
      ['apikey', 'passkey'].includes(authModule) ? [] : ['totp'],
      authModule,
    );
  }
});

test('nothing more is asked of a user without a second factor', () => {
  const without = everything.filter(({ kind }) => kind !== 'totp');
  for (const authModule of authModules) assert.deepEqual(requirement(authModule, without).anyOf, []);
});

test('a pending factor, recovery codes and first factors do not make a second', () => {
  assert.deepEqual(secondFactors([one('totp', 'pending'), one('recovery'), one('password'), one('device')]), []);
});

test('a factor that this program does not know is a fault, for it may be one that has to be asked for', () => {
  assert.throws(() => requirement('password', [one('password'), one('hologram')]));
});

test('a key is a way in of its own, whatever door it came through', () => {
  for (const door of authModules) {
    assert.equal(moduleOf(door, 'password'), door);
    assert.equal(moduleOf(door, 'apikey'), 'apikey');
    assert.equal(moduleOf(door, 'device'), 'device');
  }
});
