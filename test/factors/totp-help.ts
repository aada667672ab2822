import { hotp, totp } from '../../src/factors/totp.ts';
import edge from '../vectors/totp-edge.json' with { type: 'json' };
import { sendAll } from './help.ts';

export type Algorithm = 'SHA1' | 'SHA256' | 'SHA512';

/** An authenticator with the seed of the vectors that nobody has used yet. */
export const fresh = {
  algorithm: 'SHA1' as Algorithm,
  digits: 6,
  period: 30,
  seed: edge.secret_base32,
  lastStep: -1,
};

/** Some step. No two of the codes about it are the same. */
export const step = 50_000_000;

export function codeOf(counter: number, digits: 6 | 8 = 6): string {
  return hotp(Buffer.from(edge.secret_ascii), counter, { algorithm: 'SHA1', digits });
}

/** A time, in seconds, at which a step is the present one. */
export const timeOf = (counter: number) => counter * 30 + 7;

export type Try = {
  readonly reply: unknown;
  /** In seconds, as the vectors count. */
  readonly at: number;
};

export function send(state: unknown, tries: readonly Try[]): Promise<string[]> {
  return sendAll(
    totp,
    state,
    tries.map(({ reply, at }) => ({ reply, now: at * 1000 })),
  );
}

export async function sendOne(state: unknown, reply: unknown, at: number): Promise<string | undefined> {
  return (await send(state, [{ reply, at }]))[0];
}
