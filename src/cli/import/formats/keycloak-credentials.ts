import { z } from 'zod';
import { base32Encode } from '../../../base/base32.ts';
import { unpaddedBase64 } from '../../../base/password-hash.ts';
import type { SourceCredential, Skipped } from '../../../engine/operator/import-users.ts';
import { parsedAs } from '../read-json.ts';
import { pbkdf2Phc } from './phc.ts';

/** Keycloak stores the secret and public parts of a credential separately, each as JSON in a string. */
export const credential = z.object({
  type: z.string(),
  userLabel: z.string().nullish(),
  secretData: z.string().optional(),
  credentialData: z.string().optional(),
});
export type Credential = z.infer<typeof credential>;

const hashSecret = z.object({ value: z.base64(), salt: z.base64() });
const hashCosts = z.object({
  hashIterations: z.int(),
  algorithm: z.string(),
  additionalParameters: z.record(z.string(), z.array(z.string())).nullish(),
});

export function passwordOf({ secretData, credentialData }: Credential): SourceCredential | Skipped {
  const secret = parsedAs(hashSecret, secretData);
  const costs = parsedAs(hashCosts, credentialData);
  if (!secret || !costs) return { what: 'password', why: 'has an unknown form' };
  const [salt, hash] = [Buffer.from(secret.salt, 'base64'), Buffer.from(secret.value, 'base64')];
  return { kind: 'password', label: null, imported: { hash: phcOf(costs, salt, hash) } };
}

/** Any other algorithm keeps its name and is refused later. */
function phcOf(
  { algorithm, hashIterations, additionalParameters }: z.infer<typeof hashCosts>,
  salt: Buffer,
  hash: Buffer,
) {
  if (algorithm !== 'argon2') return pbkdf2Phc(algorithm.replace(/^pbkdf2-/, ''), hashIterations, salt, hash);
  const first = (name: string) => additionalParameters?.[name]?.[0] ?? '';
  const version = first('version') === '1.3' ? 'v=19' : 'v=';
  const costs = `m=${first('memory')},t=${hashIterations},p=${first('parallelism')}`;
  return `$argon2${first('type')}$${version}$${costs}$${unpaddedBase64(salt)}$${unpaddedBase64(hash)}`;
}

const otpSecret = z.object({ value: z.string() });
const otpData = z.object({
  subType: z.string(),
  digits: z.int(),
  period: z.int(),
  algorithm: z.string(),
  secretEncoding: z.string().nullish(),
});

export function totpOf({ userLabel, secretData, credentialData }: Credential): SourceCredential | Skipped {
  const secret = parsedAs(otpSecret, secretData);
  const data = parsedAs(otpData, credentialData);
  if (!secret || !data) return { what: 'totp', why: 'has an unknown form' };
  if (data.subType !== 'totp') return { what: 'hotp', why: 'is not supported' };
  const { digits, period, secretEncoding } = data;
  // Without an encoding the text itself is the key.
  const seed = secretEncoding ? secret.value : base32Encode(Buffer.from(secret.value));
  const algorithm = data.algorithm.replace(/^Hmac/, '');
  return { kind: 'totp', label: userLabel ?? null, imported: { seed, algorithm, digits, period } };
}
