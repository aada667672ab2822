import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { activeKey, type KeyRing } from './keys.ts';
import type { Random } from './random.ts';

/**
 * Protects stored secrets. `seal` encrypts (AES-256-GCM) and binds the value to its place, such as table, column and
 * row: it opens nowhere else. `mac` makes a keyed hash (HMAC-SHA-256), and its context separates one use from another.
 * Both begin with the key's id.
 */
export type Safe = {
  seal(place: string, text: string): string;
  /** Throws if the value was changed or moved, or if its key is not in the ring. */
  open(place: string, sealed: string): string;
  mac(context: string, value: string): string;
  /**
   * The keyed hash under every key of the ring, the active key's first. Use it to find values that an older key hashed.
   */
  macs(context: string, value: string): readonly string[];
  macMatches(context: string, value: string, keyed: string): boolean;
};

export function createSafe(ring: KeyRing, random: Random): Safe {
  const sealing = new Map(ring.sealing.map((key) => [key.id, Buffer.from(key.secret, 'base64url')]));
  const sealWith = activeKey(ring.sealing).id;
  const macKeys = [activeKey(ring.mac), ...ring.mac.filter((key) => key.state !== 'active')].map((key) => ({
    id: key.id,
    bytes: Buffer.from(key.secret, 'base64url'),
  }));

  function sealingKey(keyId: string): Buffer {
    const key = sealing.get(keyId);
    if (!key) throw new Error(`no sealing key ${keyId} in the key ring`);
    return key;
  }

  function macs(context: string, value: string): readonly string[] {
    return macKeys.map(
      (key) => `${key.id}.${createHmac('sha256', key.bytes).update(`${context}\0${value}`).digest('base64url')}`,
    );
  }

  return {
    seal(place, text) {
      const iv = random.bytes(12);
      const cipher = createCipheriv('aes-256-gcm', sealingKey(sealWith), iv).setAAD(Buffer.from(place));
      const parts = [iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
      return `${sealWith}.${Buffer.concat(parts).toString('base64url')}`;
    },
    open(place, sealed) {
      const dot = sealed.indexOf('.');
      const bytes = Buffer.from(sealed.slice(dot + 1), 'base64url');
      // Node ignores unknown characters and unused bits in base64url, so several texts would decode to the same bytes.
      if (bytes.toString('base64url') !== sealed.slice(dot + 1))
        throw new Error('a sealed value is not canonical base64url');
      const decipher = createDecipheriv('aes-256-gcm', sealingKey(sealed.slice(0, dot)), bytes.subarray(0, 12), {
        authTagLength: 16,
      });
      decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8');
    },
    mac: (context, value) => macs(context, value)[0] ?? '',
    macs,
    macMatches: (context, value, keyed) => macs(context, value).some((candidate) => sameText(candidate, keyed)),
  };
}

/** The id of the key of a sealed value or a keyed hash. */
export const keyIdOf = (value: string) => value.slice(0, value.indexOf('.'));

/** Compares two texts in constant time. The duration reveals only whether their lengths differ. */
export function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
