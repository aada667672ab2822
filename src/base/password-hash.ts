import { pbkdf2, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { verify } from '@node-rs/argon2';

/**
 * Hashes of passwords that other systems made, as PHC strings: argon2id and argon2i, and `$scrypt$ln=14,r=16,p=1$salt$hash` and
 * `$pbkdf2-sha256$i=600000$salt$hash` (or sha512), salt and hash in base64 without padding. Their costs are bounded, for whoever wrote the
 * hash says what a login costs: 128 MiB, and about a second of one core, at most.
 */
type Check = (secret: string) => Promise<boolean>;

/** Whether a PHC string is one that passwords can be checked against here. */
export function isPasswordHash(phc: string): boolean {
  return checkOf(phc) !== undefined;
}

/** Whether a password is the one that a hash was made of. Throws when the hash is none that can be read here. */
export async function matchesPasswordHash(phc: string, secret: string): Promise<boolean> {
  const check = checkOf(phc);
  if (!check) throw new Error('a password hash can not be read');
  return check(secret);
}

function checkOf(phc: string): Check | undefined {
  return argon2Check(phc) ?? scryptCheck(phc) ?? pbkdf2Check(phc);
}

const mostMemory = 128 * 2 ** 20;

const argon2 = /^\$argon2id?\$v=19\$m=(\d{1,7}),t=(\d{1,4}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function argon2Check(phc: string): Check | undefined {
  const [, m, t, p, salt, hash] = argon2.exec(phc) ?? [];
  const [memory, passes, lanes] = [Number(m) * 1024, Number(t), Number(p)];
  if (!bytesOf(salt, 8, 64) || !bytesOf(hash, 16, 64) || passes < 1 || lanes < 1 || lanes > 16) return undefined;
  if (memory < 8 * 1024 * lanes || memory > mostMemory || memory * passes > 2 ** 30) return undefined;
  return (secret) => verify(phc, secret);
}

const scryptAsync = promisify<string, Buffer, number, object, Buffer>(scrypt);
const scryptForm = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function scryptCheck(phc: string): Check | undefined {
  const [, ln, rounds, lanes, saltText, hashText] = scryptForm.exec(phc) ?? [];
  const [salt, hash] = [bytesOf(saltText, 8, 64), bytesOf(hashText, 16, 64)];
  const [N, r, p] = [2 ** Number(ln), Number(rounds), Number(lanes)];
  if (!salt || !hash || N < 2 || r < 1 || p < 1) return undefined;
  if (128 * N * r > mostMemory || N * r * p > 2 ** 21) return undefined;
  // OpenSSL counts some blocks more than the memory that RFC 7914 speaks of.
  const costs = { N, r, p, maxmem: 2 * mostMemory };
  return async (secret) => timingSafeEqual(await scryptAsync(secret, salt, hash.length, costs), hash);
}

const pbkdf2Async = promisify(pbkdf2);
const pbkdf2Form = /^\$pbkdf2-(sha256|sha512)\$i=(\d{1,7})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function pbkdf2Check(phc: string): Check | undefined {
  const [, digest = '', count, saltText, hashText] = pbkdf2Form.exec(phc) ?? [];
  const [salt, hash] = [bytesOf(saltText, 8, 64), bytesOf(hashText, 16, 64)];
  if (!salt || !hash) return undefined;
  // Each block of the digest's length costs all iterations (RFC 8018 section 5.2).
  const blocks = Math.ceil(hash.length / (digest === 'sha256' ? 32 : 64));
  const iterations = Number(count);
  if (iterations < 1 || iterations * blocks > 2_000_000) return undefined;
  return async (secret) => timingSafeEqual(await pbkdf2Async(secret, salt, iterations, hash.length, digest), hash);
}

/** Canonical base64 without padding, of so many bytes. */
function bytesOf(text: string | undefined, least: number, most: number): Buffer | undefined {
  const bytes = Buffer.from(text ?? '', 'base64');
  if (bytes.length < least || bytes.length > most) return undefined;
  return unpaddedBase64(bytes) === text ? bytes : undefined;
}

/** Base64 as it stands in PHC strings. */
export function unpaddedBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
