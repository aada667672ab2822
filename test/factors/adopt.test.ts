import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHasher } from '../../src/base/hasher.ts';
import { scryptSync } from 'node:crypto';
import { unpaddedBase64 } from '../../src/base/password-hash.ts';
import { backup } from '../../src/factors/backup.ts';
import { email } from '../../src/factors/sent-code/email.ts';
import type { Factor } from '../../src/factors/define-factor.ts';
import { factors } from '../../src/factors/registry.ts';
import { password } from '../../src/factors/password.ts';
import { sms } from '../../src/factors/sent-code/sms.ts';
import { totp } from '../../src/factors/totp.ts';
import { cheapCost } from '../../kit/hasher.ts';
import { help, helpWithTurnedKeys, noon, stateAfter, sendAll, verify, yes } from './help.ts';

function adopted(factor: Factor, imported: unknown, at = help()): unknown {
  const outcome = factor.adopt?.(imported, at);
  assert.ok(outcome);
  return yes(outcome);
}
const refused = (factor: Factor, imported: unknown) => {
  const outcome = factor.adopt?.(imported, help());
  assert.ok(outcome && !outcome.ok);
  return outcome.detail;
};

function scrypt(secret: string): string {
  const salt = Buffer.from('a salt of 16 byt');
  const hash = scryptSync(secret, salt, 32, { N: 2, r: 1, p: 1 });
  return `$scrypt$ln=1,r=1,p=1$${unpaddedBase64(salt)}$${unpaddedBase64(hash)}`;
}

test('a password that another system hashed is right, and becomes one of ours with that login', async () => {
  const state = adopted(password, { hash: scrypt('correct horse') });
  assert.equal((await verify(password, state, 'correct house', help())).ok, false);
  const next = (await stateAfter(password, state, 'correct horse', help())) as { hash: string };
  assert.deepEqual(Object.keys(next), ['hash']);
  assert.match(next.hash, /^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
  assert.equal(await stateAfter(password, next, 'correct horse', help()), next);
});

test('a hash of the very costs that ours have becomes one of ours all the same', async () => {
  const hash = await createHasher(cheapCost).hash('correct horse');
  const next = await stateAfter(password, adopted(password, { hash }), 'correct horse', help());
  assert.deepEqual(Object.keys(next as object), ['hash']);
});

// One system hashes what was typed, another a normal form of it.
for (const form of ['NFC', 'NFD', 'NFKC'] as const) {
  test(`a password with composed letters is right when it was hashed in ${form} and typed so`, async () => {
    const typed = 'ﬁancé de Zoë'.normalize(form === 'NFD' ? 'NFD' : 'NFC');
    const state = adopted(password, { hash: scrypt(typed.normalize(form)) });
    const next = await stateAfter(password, state, typed, help());
    assert.equal((await verify(password, next, typed, help())).ok, true);
  });
}

test('what is no hash is refused without being repeated', () => {
  assert.equal(refused(password, { hash: 'hunter22' }), 'has an unsupported format or cost');
});

const seed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

test('of an authenticator app the codes up to now are spent, and the next one is right', async () => {
  const state = adopted(totp, { seed });
  const { TOTP, Secret } = await import('otpauth');
  const app = new TOTP({ secret: Secret.fromBase32(seed) });
  const code = (steps: number) => ({ reply: app.generate({ timestamp: noon + steps * 30_000 }) });
  assert.deepEqual(await sendAll(totp, state, [code(-1), code(0), code(1), code(1)]), [
    'replayed',
    'replayed',
    'accepted',
    'replayed',
  ]);
});

test('a code of a later step that was used elsewhere stays used', async () => {
  const step = Math.floor(noon / 30_000);
  assert.equal((adopted(totp, { seed, lastStep: step + 1 }) as { lastStep: number }).lastStep, step + 1);
  assert.equal((adopted(totp, { seed, lastStep: step - 9 }) as { lastStep: number }).lastStep, step);
});

for (const [what, kept] of Object.entries({
  'a seed of 80 bits': { seed: 'GEZDGNBVGY3TQOJQ' },
  'a seed of zeros': { seed: 'A'.repeat(32) },
  'five digits': { seed, digits: 5 },
  MD5: { seed, algorithm: 'MD5' },
  'a step of an hour': { seed, period: 3600 },
  'a step that is none': { seed, lastStep: 0.5 },
})) {
  test(`an authenticator app with ${what} is refused`, () => assert.ok(refused(totp, kept)));
}

test('a phone and an address move in without a code', () => {
  assert.deepEqual(adopted(sms, { destination: '+12025550123' }), { destination: '+12025550123', code: null });
  assert.deepEqual(adopted(email, { destination: 'ada@example.com' }), { destination: 'ada@example.com', code: null });
  assert.ok(refused(sms, { destination: '2025550123' }));
  assert.ok(refused(email, { destination: 'ada' }));
});

test("Deux's backup code works as it did, and is not readable", async () => {
  const state = adopted(backup, { code: '0123456789ab' });
  assert.doesNotMatch(JSON.stringify(state), /0123456789ab/i);
  assert.equal((await verify(backup, state, '0123456789AB', helpWithTurnedKeys())).ok, true);
  assert.equal((await verify(backup, state, '0123456789AC', help())).ok, false);
  assert.ok(refused(backup, { code: '0123' }));
});

test('nothing else can move in', () => {
  const movable = Object.values(factors).filter((factor: Factor) => factor.adopt);
  assert.deepEqual(
    movable.map(({ kind }) => kind),
    ['password', 'totp', 'sms', 'email', 'backup'],
  );
});
