import { z } from 'zod';
import { base32Encode } from '../../../base/base32.ts';
import { unpaddedBase64 } from '../../../base/password-hash.ts';
import type { Kept, Left } from '../../../engine/import-users.ts';
import { parseStrictJson } from '../../../http/strict-json.ts';
import type { Bytes } from '../bytes.ts';
import { off, unlikeOurs, type Found, type Reading } from '../found.ts';
import { cutOff, jsonItems, noList } from '../json-items.ts';
import { complaintOf, notJson, parsedAs, tooLong } from '../read-json.ts';
import { pbkdf2Phc } from './phc.ts';

/** Bytes of one user. */
const longest = 256 * 1024;

/** Keycloak keeps what is secret and what is not of a credential apart, each as JSON in a text. */
const credential = z.object({
  type: z.string(),
  userLabel: z.string().nullish(),
  secretData: z.string().optional(),
  credentialData: z.string().optional(),
});

const entry = z.object({
  username: z.string(),
  email: z.string().nullish(),
  firstName: z.string().nullish(),
  lastName: z.string().nullish(),
  enabled: z.boolean().default(false),
  serviceAccountClientId: z.string().nullish(),
  requiredActions: z.array(z.string()).default([]),
  credentials: z.array(credential).default([]),
});

type Credential = z.infer<typeof credential>;
type Entry = z.infer<typeof entry>;

/** A realm's export with its users, in one file or in one of several (`realm-users-0.json`). */
export function readKeycloak({ chunks, fraction }: Bytes): Reading {
  return { users: users(chunks), fraction };
}

async function* users(chunks: AsyncIterable<Buffer>): AsyncGenerator<Found> {
  let number = 0;
  for await (const bytes of jsonItems(chunks, 'users', longest)) {
    number += 1;
    const at = `user ${number}`;
    if (bytes === cutOff) yield { at, why: 'the file ends in the middle' };
    else if (bytes === noList) yield { at: 'the file', why: 'is no export of one realm with its users' };
    else if (bytes === undefined) yield { at, why: tooLong(longest) };
    else yield userOf(at, bytes);
  }
}

function userOf(at: string, bytes: Buffer): Found {
  const json = parseStrictJson(bytes);
  if (!json.ok) return { at, why: notJson };
  const read = entry.safeParse(json.value);
  if (!read.success) return { at, why: complaintOf(read.error) };
  const { username: name, email, firstName, lastName, credentials } = read.data;
  if (read.data.serviceAccountClientId) return { at, name, why: "is a client's account and no person's" };
  if (!read.data.enabled) return { at, name, why: off };
  const left: Left[] = [];
  const authenticators: Kept[] = [];
  for (const one of credentials) {
    const held = keptOf(one, read.data);
    if ('why' in held) left.push(held);
    else authenticators.push(held);
  }
  const guarded = credentials.some(({ type }) => seconds.has(type));
  return { at, profile: { name, email, firstName, lastName }, authenticators, left, guarded };
}

/** What Keycloak asks for beside the password of who has it. */
const seconds = new Set(['otp', 'webauthn', 'recovery-authn-codes']);

function keptOf(one: Credential, user: Entry): Kept | Left {
  if (one.type === 'otp') return totpOf(one);
  if (one.type === 'recovery-authn-codes') return { what: 'recovery codes', why: unlikeOurs };
  if (one.type !== 'password') return { what: 'another credential', why: 'is of a kind that can not be taken' };
  if (user.requiredActions.includes('UPDATE_PASSWORD'))
    return { what: 'password', why: 'has to be changed at the next login there, which is not asked for here' };
  return passwordOf(one);
}

const hashSecret = z.object({ value: z.base64(), salt: z.base64() });
const hashCosts = z.object({
  hashIterations: z.int(),
  algorithm: z.string(),
  additionalParameters: z.record(z.string(), z.array(z.string())).nullish(),
});

function passwordOf({ secretData, credentialData }: Credential): Kept | Left {
  const secret = parsedAs(hashSecret, secretData);
  const costs = parsedAs(hashCosts, credentialData);
  if (!secret || !costs) return { what: 'password', why: 'has no form that is known' };
  const [salt, hash] = [Buffer.from(secret.salt, 'base64'), Buffer.from(secret.value, 'base64')];
  return { kind: 'password', label: null, kept: { hash: phcOf(costs, salt, hash) } };
}

/** What is neither is named as it is, and refused further on. */
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

function totpOf({ userLabel, secretData, credentialData }: Credential): Kept | Left {
  const secret = parsedAs(otpSecret, secretData);
  const data = parsedAs(otpData, credentialData);
  if (!secret || !data) return { what: 'totp', why: 'has no form that is known' };
  if (data.subType !== 'totp') return { what: 'hotp', why: 'counts, which no factor here does' };
  const { digits, period, secretEncoding } = data;
  // Without an encoding the text itself is the key.
  const seed = secretEncoding ? secret.value : base32Encode(Buffer.from(secret.value));
  const algorithm = data.algorithm.replace(/^Hmac/, '');
  return { kind: 'totp', label: userLabel ?? null, kept: { seed, algorithm, digits, period } };
}
