import { randomBytes } from 'node:crypto';

/** Where the house draws chance. Tests hand in a seeded one. */
export type Random = {
  bytes(length: number): Buffer;
};

/** Asking the system costs as much for some thousand bytes as for sixteen, and a login needs some at ten places. */
const drawn = 4096;

let drawer = Buffer.alloc(0);
let taken = 0;

export const systemRandom: Random = {
  bytes(length) {
    if (length > drawn) return randomBytes(length);
    if (taken + length > drawer.length) {
      drawer = randomBytes(drawn);
      taken = 0;
    }
    const bytes = Buffer.alloc(length);
    drawer.copy(bytes, 0, taken, taken + length);
    // What was handed out is known nowhere else.
    drawer.fill(0, taken, taken + length);
    taken += length;
    return bytes;
  },
};

/** How many were made of one source in the present millisecond. */
const made = new WeakMap<Random, { readonly at: number; readonly count: number }>();

/**
 * 32 hexadecimal digits that sort by time, and those of one millisecond by the order in which they were made: 48 bits of milliseconds, a count,
 * then 62 bits of chance (the layout of a version 7 UUID, RFC 9562 sections 5.7 and 6.2).
 */
export function timeOrderedHex(random: Random, now: number): string {
  const last = made.get(random);
  const count = last?.at === now ? Math.min(last.count + 1, 0xfff) : 0;
  made.set(random, { at: now, count });
  const bytes = random.bytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes.writeUInt16BE(0x7000 | count, 6);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex');
}

/** A version 7 UUID (RFC 9562 section 5.7). */
export function uuid(random: Random, now: number): string {
  return timeOrderedHex(random, now).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** An opaque bearer value of 256 bits, in base64url. */
export function opaqueToken(random: Random): string {
  return random.bytes(32).toString('base64url');
}

/** A password that somebody has to copy by hand: 120 bits in 20 characters. */
export function generatePassword(random: Random): string {
  return random.bytes(15).toString('base64url');
}
