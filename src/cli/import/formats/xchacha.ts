import { createCipheriv, createDecipheriv } from 'node:crypto';

/**
 * Opens XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with a nonce of 24 bytes in front and a tag of 16 at the end. Undefined: it was
 * encrypted with another key, or changed. OpenSSL has everything except the derivation of the subkey.
 */
export function openXChaCha(key: Buffer, sealed: Buffer): string | undefined {
  if (sealed.length < 40) return undefined;
  const nonce = Buffer.concat([Buffer.alloc(4), sealed.subarray(16, 24)]);
  const options = { authTagLength: 16 };
  const decipher = createDecipheriv('chacha20-poly1305', hchacha20(key, sealed.subarray(0, 16)), nonce, options);
  decipher.setAuthTag(sealed.subarray(-16));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(24, -16)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

/** The first words of every state (RFC 8439 section 2.3): `expand 32-byte k`. */
const constants = Buffer.from('expand 32-byte k');

/**
 * HChaCha20 (section 2.2 of the draft). It is the block function of ChaCha20 without its last step, which adds the initial state.
 * So that state is subtracted from the words that are needed: the first four (the constants) and the last four (the nonce).
 */
export function hchacha20(key: Buffer, nonce: Buffer): Buffer {
  const block = createCipheriv('chacha20', key, nonce).update(Buffer.alloc(64));
  const subkey = Buffer.alloc(32);
  for (let at = 0; at < 16; at += 4) {
    subkey.writeUInt32LE((block.readUInt32LE(at) - constants.readUInt32LE(at)) >>> 0, at);
    subkey.writeUInt32LE((block.readUInt32LE(48 + at) - nonce.readUInt32LE(at)) >>> 0, 16 + at);
  }
  return subkey;
}
