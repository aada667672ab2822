import { makeKeyRing } from '../../src/base/keys.ts';
import type { Outcome } from '../../src/base/outcome.ts';
import { createSafe } from '../../src/base/seal.ts';
import type { Factor, Help } from '../../src/factors/factor.ts';
import { cheapHasher } from '../support/hasher.ts';
import { seededRandom } from '../support/random.ts';

/** A time in the middle of a step of 30 seconds. */
export const noon = Date.parse('2026-01-01T12:00:15Z');

const random = seededRandom();
const ring = makeKeyRing(seededRandom('keys'));
const safe = createSafe(ring, random);
const hasher = cheapHasher();

/** What a factor may use; one house for all of a file's tests. */
export function help(now = noon): Help {
  return { now, random, safe, hasher, codeDigits: 6, failures: 0 };
}

/** The same later, when the house makes its hashes with a new key and knows the old one still. */
export function helpWithTurnedKeys(): Help {
  const made = makeKeyRing(seededRandom('new keys'));
  const retired = ring.mac.map((key) => ({ ...key, state: 'retired' as const }));
  return { ...help(), safe: createSafe({ ...made, mac: [...made.mac, ...retired] }, random) };
}

/** The value of a yes; anything else fails the test. */
export function yes<Value, Reason extends string>(outcome: Outcome<Value, Reason>): Value {
  if (!outcome.ok) throw new Error(`refused: ${outcome.reason}`);
  return outcome.value;
}

/** Sends replies one after another to one authenticator, as an engine would, and says how each ended. */
export async function sendAll(
  factor: Factor,
  state: unknown,
  replies: readonly { readonly reply: unknown; readonly now?: number }[],
): Promise<string[]> {
  const ends: string[] = [];
  let current = state;
  for (const { reply, now } of replies) {
    const verdict = await factor.check(current, reply, help(now));
    ends.push(verdict.ok ? 'accepted' : verdict.reason);
    if (verdict.ok) current = verdict.value;
  }
  return ends;
}
