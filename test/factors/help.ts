import { makeKeyRing } from '../../src/base/keys.ts';
import type { Exchange } from '../../src/base/exchange.ts';
import type { Outcome } from '../../src/base/outcome.ts';
import { createSafe } from '../../src/base/seal.ts';
import type { Factor } from '../../src/factors/define-factor.ts';
import type { FactorContext, Verdict } from '../../src/factors/factor.ts';
import { cheapHasher } from '../../kit/hasher.ts';
import { seededRandom } from '../../kit/random.ts';

/** A time in the middle of a step of 30 seconds. */
export const noon = Date.parse('2026-01-01T12:00:15Z');

const random = seededRandom();
const ring = makeKeyRing(seededRandom('keys'));
const safe = createSafe(ring, random);
const hasher = cheapHasher();

const noExchange: Exchange = () => Promise.reject(new Error('nothing was to be sent'));

/** What a factor may use; the same keys for all of a file's tests. */
export function help(now = noon, name = 'alice'): FactorContext {
  return {
    now,
    random,
    safe,
    hasher,
    exchange: noExchange,
    operator: { codeDigits: 6, redirectUri: 'https://login.example.com/duo', allowedHosts: [] },
    binding: { purpose: 'login' },
    failures: 0,
    user: { id: `the id of ${name}`, name },
  };
}

/** The same later, when hashes are made with a new key and the old one is still known. */
export function helpWithTurnedKeys(): FactorContext {
  const made = makeKeyRing(seededRandom('new keys'));
  const retired = ring.mac.map((key) => ({ ...key, state: 'retired' as const }));
  return { ...help(), safe: createSafe({ ...made, mac: [...made.mac, ...retired] }, random) };
}

/** The value of a yes; anything else fails the test. */
export function yes<Value, Reason extends string>(outcome: Outcome<Value, Reason>): Value {
  if (!outcome.ok) throw new Error(`refused: ${outcome.reason}`);
  return outcome.value;
}

/** What an enrollment begins with, for a user of this name. */
export async function enrolled(factor: Factor, input: unknown, ctx = help()) {
  if (!factor.enroll) throw new Error(`${factor.kind} is not enrolled`);
  return factor.enroll.begin({ settings: undefined, input, others: [] }, ctx);
}

/** Verifies a response against a state. A response that has not the form of one throws. */
export async function verify(factor: Factor, state: unknown, response: unknown, ctx = help()): Promise<Verdict> {
  const read = factor.read(response);
  if (!read) throw new Error('this has not the form of a response');
  return read.verify({ state, memo: undefined }, ctx);
}

/** Whether a response verifies, and the state it leaves; the very state that was given where it leaves none. */
export async function stateAfter(factor: Factor, state: unknown, response: unknown, ctx = help()): Promise<unknown> {
  return yes(await verify(factor, state, response, ctx)).state ?? state;
}

/** Sends responses one after another to one authenticator, as an engine would, and says how each ended. */
export async function sendAll(
  factor: Factor,
  state: unknown,
  responses: readonly { readonly reply: unknown; readonly now?: number }[],
): Promise<string[]> {
  const ends: string[] = [];
  let current = state;
  for (const { reply, now } of responses) {
    const verdict = await verify(factor, current, reply, help(now));
    ends.push(verdict.ok ? 'accepted' : verdict.reason);
    if (verdict.ok) current = verdict.value.state ?? current;
  }
  return ends;
}
