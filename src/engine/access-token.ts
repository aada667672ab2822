import {
  errors,
  importJWK,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { z } from 'zod';
import { minute, second } from '../base/clock.ts';
import { activeKey, type KeyRing } from '../base/keys.ts';
import { ofCurrent, type LiveRing } from '../base/live-ring.ts';

/**
 * The claims of an access token (RFC 9068 and 8176). Private claims are `account`, `sid`, `gen` (the generation of the
 * session) and `mfa_time` (when a second factor was last proven). Tokens of OAuth2 clients have `client_id` and `scope`,
 * and are for other audiences than sessions. Times are in seconds. Tokens of version 0.1.0 have no `jti`, `gen`,
 * `mfa_time`, `client_id` and `scope`.
 */
const claims = z.strictObject({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string()).min(1)]),
  sub: z.string(),
  account: z.string(),
  sid: z.uuid(),
  iat: z.int(),
  exp: z.int(),
  auth_time: z.int(),
  amr: z.array(z.string()),
  acr: z.enum(['aal1', 'aal2']),
  jti: z.string().exactOptional(),
  gen: z.int().min(1).exactOptional(),
  mfa_time: z.int().exactOptional(),
  client_id: z.string().exactOptional(),
  scope: z.string().exactOptional(),
});

export type Claims = z.infer<typeof claims>;

export type AccessTokens = {
  /** `audiences` are those of the client; without any, the default. */
  issue(claims: Omit<Claims, 'iss' | 'aud'>, audiences?: readonly string[]): Promise<string>;
  /** The claims of a valid token of this server, or undefined. `now` is in milliseconds. */
  read(token: string, now: number): Promise<Claims | undefined>;
  /** Signs a proof for one service that its user has passed a challenge. The service verifies it with the JWKS. */
  assert(assertion: Assertion): Promise<string>;
  /** The claims of a valid assertion for one service, or undefined. `now` is in milliseconds. */
  readAssertion(assertion: string, service: string, now: number): Promise<AssertionClaims | undefined>;
  /** The public keys, for servers that verify tokens themselves (RFC 7517). */
  readonly jwks: JSONWebKeySet;
};

/**
 * The claims of an assertion (RFC 7519): `aud` is the service, `jti` the challenge, `sub` the user. Times are in
 * seconds.
 */
export type Assertion = {
  readonly aud: string;
  readonly sub: string;
  readonly jti: string;
  readonly account: string;
  readonly iat: number;
  readonly exp: number;
  readonly amr: readonly string[];
  readonly acr: 'aal1' | 'aal2';
  /** The approved action, as the service gave it, and its SHA-256 in base64url. */
  readonly action?: string;
  readonly action_hash?: string;
  /** The purpose that the service gave when it created the challenge. */
  readonly purpose?: string;
};

/** The claims that the service gets when it redeems an assertion. */
const assertionClaims = z.object({
  sub: z.string(),
  jti: z.string(),
  exp: z.int(),
  amr: z.array(z.string()),
  acr: z.enum(['aal1', 'aal2']),
});

export type AssertionClaims = z.infer<typeof assertionClaims>;

const alg = 'EdDSA';
const typ = 'at+jwt';
const assertionType = 'mfa-assertion+jwt';

/** How far the clocks of two nodes may differ. A token that was issued further in the future is rejected. */
const clockSkew = minute;

/** Signs and reads access tokens with the current key ring, while keys rotate. */
export async function createLiveAccessTokens(ring: LiveRing, url: string): Promise<AccessTokens> {
  const tokens = ofCurrent(ring, (current) => createAccessTokens(current, url));
  // An invalid key fails here, and not at the first login.
  await tokens();
  return {
    get jwks() {
      return publicKeys(ring.current());
    },
    issue: async (...given) => (await tokens()).issue(...given),
    assert: async (assertion) => (await tokens()).assert(assertion),
    readAssertion: async (...given) => (await tokens()).readAssertion(...given),
    read: async (token, now) => (await tokens()).read(token, now),
  };
}

/** Includes the next and the retired keys, because verifiers cache this list. */
const publicKeys = (ring: KeyRing): JSONWebKeySet => ({
  keys: ring.signing.map(({ id, jwk }) => ({ kty: jwk.kty, crv: jwk.crv, x: jwk.x, kid: id, alg, use: 'sig' })),
});

/** Signs and reads access tokens: EdDSA, with issuer, audience, type, expiry and algorithm all required (RFC 8725). */
export async function createAccessTokens(ring: KeyRing, url: string): Promise<AccessTokens> {
  const signing = activeKey(ring.signing);
  const privateKey = await importKey(signing.jwk);
  const keys = await Promise.all(
    ring.signing.map(async ({ id, jwk: { kty, crv, x } }) => [id, await importKey({ kty, crv, x })] as const),
  );
  const verify = verifierOf(new Map(keys), url);
  const verified = new Map<string, Claims>();

  // Access tokens and assertions have different types, so that neither is accepted as the other (RFC 8725 section
  // 3.11).
  const sign = (kind: string, payload: JWTPayload) =>
    new SignJWT(payload).setProtectedHeader({ alg, typ: kind, kid: signing.id }).sign(privateKey);

  return {
    jwks: publicKeys(ring),
    issue: (given, audiences = []) =>
      sign(typ, { ...given, iss: url, aud: given.client_id === undefined ? url : audienceOf(audiences, url) }),
    assert: (assertion) => sign(assertionType, { ...assertion, iss: url }),
    async readAssertion(assertion, audience, now) {
      const payload = await verify(assertion, { typ: assertionType, audience }, now);
      return assertionClaims.safeParse(payload).data;
    },
    async read(token, now) {
      const cached = verified.get(token);
      const valid = cached ?? claims.safeParse(await verify(token, { typ }, now)).data;
      if (!valid || !isCurrent(valid, now) || !isFor(valid, url)) return undefined;
      if (!cached) addToCache(verified, token, valid);
      return valid;
    },
  };
}

type ExpectedToken = { readonly typ: string; readonly audience?: string };

/** Returns the claims of a token that is signed with one of the keys and valid now. */
function verifierOf(keys: ReadonlyMap<string, CryptoKey>, issuer: string) {
  const keyOf: JWTVerifyGetKey = ({ kid }) => {
    const key = keys.get(kid ?? '');
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key;
  };
  return async (token: string, expected: ExpectedToken, now: number): Promise<JWTPayload | undefined> => {
    if (!isCanonical(token)) return undefined;
    try {
      const options = { issuer, algorithms: [alg], ...expected, currentDate: new Date(now) };
      const { payload } = await jwtVerify(token, keyOf, { ...options, requiredClaims: ['exp', 'iat', 'sub'] });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  };
}

/**
 * Verified tokens in the cache. Verifying a signature is half the cost of a request, and its result does not change.
 */
const cacheSize = 4096;

/** The audience of a client's tokens: never that of sessions. */
export function audienceOf(audiences: readonly string[], url: string): string | string[] {
  const [only = `${url.replace(/\/$/, '')}/oauth2`, ...more] = audiences.filter((one) => one !== url);
  return more.length === 0 ? only : [only, ...more];
}

/** Whether a token has the audience of its kind. Otherwise a client's token could pass for a session's elsewhere. */
function isFor({ aud, client_id }: Claims, url: string): boolean {
  return client_id === undefined ? aud === url : ![aud].flat().includes(url);
}

/** Evicts the oldest token if the cache is full. */
function addToCache(verified: Map<string, Claims>, token: string, valid: Claims): void {
  const [oldest] = verified.keys();
  if (oldest !== undefined && verified.size >= cacheSize) verified.delete(oldest);
  verified.set(token, valid);
}

/** Whether a token is within its times. This is checked at each use, also of a cached token. */
function isCurrent({ iat, exp }: Claims, now: number): boolean {
  return iat * second <= now + clockSkew && now < exp * second;
}

async function importKey(jwk: { kty: string; crv: string; x: string; d?: string }): Promise<CryptoKey> {
  const key = await importJWK(jwk, alg);
  if (key instanceof Uint8Array) throw new Error('a signing key is not a key pair');
  return key;
}

/** The greatest length of a token. An assertion repeats its action and purpose. */
export const longestToken = 12 * 1024;

/** Whether a token is canonical base64url. Otherwise several texts would decode to the same token. */
function isCanonical(token: string): boolean {
  const parts = token.split('.');
  return (
    token.length <= longestToken &&
    parts.length === 3 &&
    parts.every((part) => part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part)
  );
}
