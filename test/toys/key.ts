import { createHash, createPublicKey, verify as isSignature } from 'node:crypto';
import { z } from 'zod';
import { refuse, success } from '../../src/base/outcome.ts';
import { defineFactor } from '../../src/factors/define-factor.ts';
import { noSettings } from '../../src/factors/no-settings.ts';

/** A toy: a key pair of Ed25519 that signs challenges and counts its signatures, as a passkey does. */
const base64url = (bytes: number) =>
  z
    .string()
    .length(Math.ceil((bytes * 4) / 3))
    .regex(/^[\w-]+$/);
const challengeText = base64url(32);
const signature = base64url(64);

const pending = z.strictObject({ challenge: challengeText });
const registered = z.strictObject({ id: base64url(32), publicKey: base64url(32), counter: z.int().nonnegative() });

const response = z
  .string()
  .regex(/^[\w-]{43}\.[0-9]{1,9}\.[\w-]{43}\.[\w-]{86}$/)
  .transform((text) => {
    const [id = '', counter = '', challenge = '', signed = ''] = text.split('.');
    return { id, counter: Number(counter), challenge, signed };
  });

const context = 'key';
const proven = { amr: ['pop'], factors: 1, phishingResistant: false } as const;

export const key = defineFactor({
  kind: 'key',
  traits: {
    roles: ['second'],
    limit: 5,
    replaces: false,
    programOnly: false,
    phishingResistant: false,
    verifies: 'fast',
  },
  settings: noSettings,
  state: z.union([pending, registered]),
  memo: pending,
  response,
  enroll: {
    input: z.strictObject({}),
    begin({ others }, { random }) {
      const challenge = newChallenge(random.bytes(32));
      return success({ state: { challenge }, shown: { options: { challenge, excluded: others.flatMap(idsOf) } } });
    },
    confirm: {
      response: z.strictObject({ publicKey: base64url(32), signature }),
      judge({ state, response: { publicKey, signature: signed } }, { safe }) {
        if (!('challenge' in state)) return refuse('wrong');
        if (!isSigned(publicKey, `registration ${state.challenge}`, signed)) return refuse('wrong');
        const id = createHash('sha256').update(publicKey).digest('base64url');
        return success({ ...proven, state: { id, publicKey, counter: 0 }, lookup: safe.mac(context, id) });
      },
    },
  },
  prompt({ candidates }, { random }) {
    const challenge = newChallenge(random.bytes(32));
    const options = { challenge, allowed: candidates.flatMap(({ state }) => idsOf(state)) };
    return success({ prompt: { shape: 'publicKey', options }, memo: { challenge }, handle: challenge });
  },
  verify({ state, memo, response: { counter, challenge, signed } }) {
    if (!('publicKey' in state) || memo?.challenge !== challenge) return refuse('wrong');
    if (!isSigned(state.publicKey, `login ${challenge} ${counter}`, signed)) return refuse('wrong');
    return counter > state.counter ? success({ ...proven, state: { ...state, counter } }) : refuse('replayed');
  },
  handleOf: ({ challenge }) => challenge,
  lookups: ({ id }, { safe }) => safe.macs(context, id),
  matches: (state, { id }) => idsOf(state).includes(id),
});

const newChallenge = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

const idsOf = (state: z.infer<typeof pending> | z.infer<typeof registered>) => ('id' in state ? [state.id] : []);

function isSigned(x: string, text: string, signed: string): boolean {
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return isSignature(null, Buffer.from(text), publicKey, Buffer.from(signed, 'base64url'));
}
