import { generateKeyPairSync } from 'node:crypto';
import { z } from 'zod';
import type { Random } from './random.ts';

/**
 * The key ring holds keys that encrypt (`sealing`), make keyed hashes (`mac`) and sign. Of each kind, the `active` key
 * makes new values, `retired` keys only read old ones, and every node knows the `next` key before it becomes active.
 */
const state = z.enum(['active', 'next', 'retired']);
const id = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/);
const secret = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 256 bits in base64url');
const instant = z.iso.datetime();
const common = {
  id,
  state,
  /** When a `next` key becomes active. Absent in the first key of a ring. */
  active_from: instant.optional(),
  retired_at: instant.optional(),
};
const symmetricKey = z.strictObject({ ...common, secret });
const signingKey = z.strictObject({
  ...common,
  jwk: z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: secret, d: secret }),
});

export type AnyKey = z.infer<typeof symmetricKey> | z.infer<typeof signingKey>;

function isConsistent(keys: readonly AnyKey[]): boolean {
  const inState = (wanted: AnyKey['state']) => keys.filter((key) => key.state === wanted);
  const next = inState('next');
  const hasTime = next.every((key) => key.active_from !== undefined);
  const hasUniqueIds = new Set(keys.map((key) => key.id)).size === keys.length;
  return inState('active').length === 1 && next.length <= 1 && hasTime && hasUniqueIds;
}
const rule = 'needs exactly one active key, at most one next key, with active_from, and unique ids';

export const keyRing = z.strictObject({
  version: z.literal(1),
  sealing: z.array(symmetricKey).refine(isConsistent, rule),
  mac: z.array(symmetricKey).refine(isConsistent, rule),
  signing: z.array(signingKey).refine(isConsistent, rule),
});

export type KeyRing = z.infer<typeof keyRing>;

export const keyKinds = ['sealing', 'mac', 'signing'] as const;

export type KeyKind = (typeof keyKinds)[number];

export function makeKeyRing(random: Random): KeyRing {
  const first = { state: 'active' as const };
  return {
    version: 1,
    sealing: [{ ...makeSymmetric(random), ...first }],
    mac: [{ ...makeSymmetric(random), ...first }],
    signing: [{ ...makePair(random), ...first }],
  };
}

export function makeSymmetric(random: Random) {
  return { id: keyId(random), secret: random.bytes(32).toString('base64url') };
}

export function makePair(random: Random) {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { id: keyId(random), jwk: { kty: 'OKP' as const, crv: 'Ed25519' as const, x, d } };
}

const keyId = (random: Random) => random.bytes(6).toString('hex');

/** The key that makes new values. */
export function activeKey<Key extends { state: string }>(keys: readonly Key[]): Key {
  const key = keys.find((candidate) => candidate.state === 'active');
  if (!key) throw new Error('the key ring has no active key');
  return key;
}
