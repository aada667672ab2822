import { generateKeyPairSync } from 'node:crypto';
import { z } from 'zod';
import type { Random } from './random.ts';

/**
 * The key ring: what seals, what makes keyed hashes, what signs. Of each kind one key is `active` and makes new values;
 * `retired` ones only read old values. Every value names the key that made it.
 */
const state = z.enum(['active', 'retired']);
const id = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/);
const secret = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 256 bits in base64url');
const symmetricKey = z.strictObject({ id, state, secret });
const signingKey = z.strictObject({
  id,
  state,
  jwk: z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: secret, d: secret }),
});

const oneActive = (keys: readonly { id: string; state: string }[]) =>
  keys.filter((key) => key.state === 'active').length === 1 && new Set(keys.map((key) => key.id)).size === keys.length;
const rule = 'needs exactly one active key, and every id once';

export const keyRing = z.strictObject({
  version: z.literal(1),
  sealing: z.array(symmetricKey).refine(oneActive, rule),
  mac: z.array(symmetricKey).refine(oneActive, rule),
  signing: z.array(signingKey).refine(oneActive, rule),
});

export type KeyRing = z.infer<typeof keyRing>;

export function makeKeyRing(random: Random): KeyRing {
  const symmetric = () => ({
    id: keyId(random),
    state: 'active' as const,
    secret: random.bytes(32).toString('base64url'),
  });
  const pair = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return keyRing.parse({
    version: 1,
    sealing: [symmetric()],
    mac: [symmetric()],
    signing: [{ id: keyId(random), state: 'active', jwk: { kty: 'OKP', crv: 'Ed25519', x: pair.x, d: pair.d } }],
  });
}

const keyId = (random: Random) => random.bytes(6).toString('hex');

/** The one key that makes new values. */
export function activeKey<Key extends { state: string }>(keys: readonly Key[]): Key {
  const key = keys.find((candidate) => candidate.state === 'active');
  if (!key) throw new Error('the key ring has no active key');
  return key;
}
