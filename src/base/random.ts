import { randomBytes } from 'node:crypto';

/** The source of random bytes. Tests pass a seeded one. */
export type Random = {
  bytes(length: number): Buffer;
};

/** Bytes per system call: 4096 cost as much as 16, and a login needs random bytes about ten times. */
const bufferSize = 4096;

let buffer = Buffer.alloc(0);
let used = 0;

export const systemRandom: Random = {
  bytes(length) {
    if (length > bufferSize) return randomBytes(length);
    if (used + length > buffer.length) {
      buffer = randomBytes(bufferSize);
      used = 0;
    }
    const bytes = Buffer.alloc(length);
    buffer.copy(bytes, 0, used, used + length);
    // The buffer keeps no copy of a secret that was returned.
    buffer.fill(0, used, used + length);
    used += length;
    return bytes;
  },
};

/** For each source, the last millisecond of `timeOrderedHex` and the counter in it. */
const lastIds = new WeakMap<Random, { readonly at: number; readonly count: number }>();

/**
 * 32 hexadecimal digits that sort by time, and within a millisecond by the order of creation: 48 bits of milliseconds,
 * a counter, then 62 random bits (the layout of a version 7 UUID, RFC 9562 sections 5.7 and 6.2).
 */
export function timeOrderedHex(random: Random, now: number): string {
  const last = lastIds.get(random);
  const count = last?.at === now ? Math.min(last.count + 1, 0xfff) : 0;
  lastIds.set(random, { at: now, count });
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

/** An opaque token of 256 bits, in base64url. */
export function opaqueToken(random: Random): string {
  return random.bytes(32).toString('base64url');
}

/** A password for a person to copy: 120 bits in 20 characters. */
export function generatePassword(random: Random): string {
  return random.bytes(15).toString('base64url');
}
