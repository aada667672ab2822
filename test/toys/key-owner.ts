import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { Owner } from '../contracts/factor.ts';

type Pair = { readonly id: string; readonly publicKey: string; readonly privateKey: KeyObject };

const pairs = new Map<string, Pair>();

/** The key pair of this name. */
export function pairOf(name: string): Pair {
  const found = pairs.get(name) ?? makePair();
  pairs.set(name, found);
  return found;
}

function makePair(): Pair {
  const pair = generateKeyPairSync('ed25519');
  const { x = '' } = pair.publicKey.export({ format: 'jwk' });
  const id = createHash('sha256').update(x).digest('base64url');
  return { id, publicKey: x, privateKey: pair.privateKey };
}

const signed = ({ privateKey }: Pair, text: string) => sign(null, Buffer.from(text), privateKey).toString('base64url');

const challengeIn = (options: unknown) =>
  String((options as Readonly<Record<string, unknown>> | undefined)?.['challenge']);

/** The response that registers it. */
export function register(name: string, options: unknown) {
  const pair = pairOf(name);
  return { publicKey: pair.publicKey, signature: signed(pair, `registration ${challengeIn(options)}`) };
}

/** The response to a prompt, with the count of its signatures. */
export function respond(name: string, options: unknown, counter: number): string {
  const pair = pairOf(name);
  const challenge = challengeIn(options);
  return [pair.id, counter, challenge, signed(pair, `login ${challenge} ${counter}`)].join('.');
}

/** Holds a key that signs. */
export const key: Owner = {
  once: true,
  input: () => ({}),
  confirmation: (name, { options }) => register(name, options),
  hold(name, { prompted }) {
    const options = prompted?.prompt.shape === 'publicKey' ? prompted.prompt.options : {};
    const right = respond(name, options, 1);
    const { d = '' } = pairOf(name).privateKey.export({ format: 'jwk' });
    return { right: () => right, wrong: () => right.replace('.1.', '.2.'), secrets: [d] };
  },
  malformed: {
    nothing: '',
    'a number': 123_456,
    'what registers it': { publicKey: 'A'.repeat(43), signature: 'A'.repeat(86) },
    'no counter': `${'A'.repeat(43)}..${'A'.repeat(43)}.${'A'.repeat(86)}`,
    'a counter below zero': `${'A'.repeat(43)}.-1.${'A'.repeat(43)}.${'A'.repeat(86)}`,
    'a line break at the end': `${'A'.repeat(43)}.1.${'A'.repeat(43)}.${'A'.repeat(86)}\n`,
    'a short signature': `${'A'.repeat(43)}.1.${'A'.repeat(43)}.${'A'.repeat(85)}`,
  },
};
