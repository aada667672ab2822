import { pbkdf2, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { verify } from '@node-rs/argon2';

/**
 * Verifies PHC strings, also from other systems: argon2id, argon2i, `$scrypt$ln=14,r=16,p=1$salt$hash` and
 * `$pbkdf2-sha256$i=600000$salt$hash` (or sha512), in base64 without padding. A hash sets the cost of each login with
 * it, so hashes that cost more than 128 MiB or about a second of one core are rejected.
 */
type Check = (secret: string) => Promise<boolean>;

/** Whether `matchesPasswordHash` supports this PHC string. */
export function isPasswordHash(phc: string): boolean {
  return checkOf(phc) !== undefined;
}

/** Whether the password matches the hash. Throws if the hash is not supported. */
export async function matchesPasswordHash(phc: string, secret: string): Promise<boolean> {
  const check = checkOf(phc);
  if (!check) throw new Error('the format or cost of a stored password hash is not supported');
  return check(secret);
}

function checkOf(phc: string): Check | undefined {
  return argon2Check(phc) ?? scryptCheck(phc) ?? pbkdf2Check(phc);
}

/** Bytes. */
const maxMemory = 128 * 2 ** 20;

const argon2 = /^\$argon2id?\$v=19\$m=(\d{1,7}),t=(\d{1,4}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function argon2Check(phc: string): Check | undefined {
  const [, m, t, p, salt, hash] = argon2.exec(phc) ?? [];
  const [memory, passes, lanes] = [Number(m) * 1024, Number(t), Number(p)];
  if (!bytesOf(salt, 8, 64) || !bytesOf(hash, 16, 64) || passes < 1 || lanes < 1 || lanes > 16) return undefined;
  if (memory < 8 * 1024 * lanes || memory > maxMemory || memory * passes > 2 ** 30) return undefined;
  return (secret) => verify(phc, secret);
}

const scryptAsync = promisify<string, Buffer, number, object, Buffer>(scrypt);
const scryptForm = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function scryptCheck(phc: string): Check | undefined {
  const [, ln, rounds, lanes, saltText, hashText] = scryptForm.exec(phc) ?? [];
  const [salt, hash] = [bytesOf(saltText, 8, 64), bytesOf(hashText, 16, 64)];
  const [N, r, p] = [2 ** Number(ln), Number(rounds), Number(lanes)];
  if (!salt || !hash || N < 2 || r < 1 || p < 1) return undefined;
  if (128 * N * r > maxMemory || N * r * p > 2 ** 21) return undefined;
  // OpenSSL needs slightly more than the 128 * N * r bytes of RFC 7914.
  const costs = { N, r, p, maxmem: 2 * maxMemory };
  return async (secret) => timingSafeEqual(await scryptAsync(secret, salt, hash.length, costs), hash);
}

const pbkdf2Async = promisify(pbkdf2);
const pbkdf2Form = /^\$pbkdf2-(sha256|sha512)\$i=(\d{1,7})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function pbkdf2Check(phc: string): Check | undefined {
  const [, digest = '', count, saltText, hashText] = pbkdf2Form.exec(phc) ?? [];
  const [salt, hash] = [bytesOf(saltText, 8, 64), bytesOf(hashText, 16, 64)];
  if (!salt || !hash) return undefined;
  // Every block of the output costs all iterations (RFC 8018 section 5.2).
  const blocks = Math.ceil(hash.length / (digest === 'sha256' ? 32 : 64));
  const iterations = Number(count);
  if (iterations < 1 || iterations * blocks > 2_000_000) return undefined;
  return async (secret) => timingSafeEqual(await pbkdf2Async(secret, salt, iterations, hash.length, digest), hash);
}

/** Decodes canonical base64 without padding; undefined if it is not that, or not between `min` and `max` bytes. */
function bytesOf(text: string | undefined, min: number, max: number): Buffer | undefined {
  const bytes = Buffer.from(text ?? '', 'base64');
  if (bytes.length < min || bytes.length > max) return undefined;
  return unpaddedBase64(bytes) === text ? bytes : undefined;
}

/** Base64 as PHC strings use it. */
export function unpaddedBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
