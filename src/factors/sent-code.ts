import { z } from 'zod';
import { minute } from '../base/clock.ts';
import { refuse, success } from '../base/outcome.ts';
import { sameText } from '../base/seal.ts';
import { codeOfLength, codeReply } from './code.ts';
import { defineFactor, type Channel, type Help } from './factor.ts';

/** How long a sent code works (SP 800-63B-4 section 3.1.3.2 allows ten minutes), and how often one may be looked at. */
export const sentCodeLife = 5 * minute;
const looks = 5;

type Sent = {
  readonly kind: Channel;
  /** RFC 8176. */
  readonly amr: readonly string[];
  readonly destination: z.ZodType<string>;
};

/** A factor whose proof is a code that the house sends to a destination of the person's. A new code replaces the one before. */
export function sentCode({ kind, amr, destination }: Sent) {
  const code = z.strictObject({
    hash: z.string(),
    expiresAt: z.int(),
    digits: z.int().min(6).max(8),
    /** How many failures stood against the person when it was sent: five more, and it is dead. */
    failures: z.int(),
  });
  const state = z.strictObject({ destination, code: code.nullable() });
  /** Whether a code can still be right: it is no older than its life, and was not looked at too often. */
  const isAlive = (sent: z.infer<typeof code>, { now, failures }: Help) =>
    sent.expiresAt > now && failures - sent.failures < looks;
  const hashOf = (to: string, text: string, { safe }: Help) => safe.macs(kind, `${to}\0${text}`);

  return defineFactor({
    kind,
    traits: { role: 'second', amr, limit: 1, replaces: false, confirms: true, unattended: false },
    state,
    input: z.strictObject({ destination }),
    reply: codeReply,
    begin: (input) => success({ state: { destination: input.destination, code: null }, offer: {} }),
    send(current, help) {
      const text = drawCode(help);
      const [hash = ''] = hashOf(current.destination, text, help);
      const life = { expiresAt: help.now + sentCodeLife, failures: help.failures };
      const made = { hash, digits: help.codeDigits, ...life };
      const message = { channel: kind, to: current.destination, code: text, life: sentCodeLife };
      return { state: { ...current, code: made }, message };
    },
    check(current, reply, help) {
      const sent = current.code;
      const hashes = hashOf(current.destination, codeOfLength(reply, sent?.digits ?? help.codeDigits), help);
      const right = sent !== null && hashes.some((hash) => sameText(hash, sent.hash));
      return right && isAlive(sent, help) ? success({ ...current, code: null }) : refuse('wrong');
    },
    awaits: (current, help) => current.code !== null && isAlive(current.code, help),
    destination: (current) => ({ channel: kind, to: current.destination }),
    adopts: { kept: z.strictObject({ destination }), state: (kept) => ({ ...kept, code: null }) },
  });
}

/** Every code as likely as any other: what would favour the low ones is drawn again. */
function drawCode({ random, codeDigits }: Help): string {
  const range = 10 ** codeDigits;
  const fair = 2 ** 32 - (2 ** 32 % range);
  let drawn = random.bytes(4).readUInt32BE();
  while (drawn >= fair) drawn = random.bytes(4).readUInt32BE();
  return String(drawn % range).padStart(codeDigits, '0');
}
