/** Base32 as authenticator apps read it (RFC 4648 section 6), encoded without padding. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function base32Encode(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text;
}

/**
 * Decodes base32, in upper or lower case. Undefined if the padding does not complete a block or unused bits are not
 * zero.
 */
export function base32Decode(text: string): Buffer | undefined {
  const match = /^([A-Za-z2-7]*)(=*)$/.exec(text);
  const digits = match?.[1];
  const padding = match?.[2];
  if (digits === undefined || padding === undefined) return undefined;
  if (padding !== '' && (digits.length + padding.length) % 8 !== 0) return undefined;
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const digit of digits) {
    value = (value << 5) | alphabet.indexOf(digit.toUpperCase());
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >>> bits) & 255);
    value &= (1 << bits) - 1;
  }
  // Encoding the bytes again must give the same text, so that each value has one spelling only.
  const decoded = Buffer.from(bytes);
  if (base32Encode(decoded) !== digits.toUpperCase() || padding.length >= 8) return undefined;
  return decoded;
}
