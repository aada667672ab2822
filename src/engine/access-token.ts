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

/** What an access token says (RFC 9068, with RFC 8176 and the house's own `account` and `sid`). Instants are seconds. */
const claims = z.strictObject({
  iss: z.string(),
  aud: z.string(),
  sub: z.string(),
  account: z.string(),
  sid: z.uuid(),
  iat: z.int(),
  exp: z.int(),
  auth_time: z.int(),
  amr: z.array(z.string()),
  acr: z.enum(['aal1', 'aal2']),
});

export type Claims = z.infer<typeof claims>;

export type AccessTokens = {
  issue(claims: Omit<Claims, 'iss' | 'aud'>): Promise<string>;
  /** The claims of a token that this house issued and whose time is not over, or undefined. `now` is in milliseconds. */
  read(token: string, now: number): Promise<Claims | undefined>;
  /** A proof for one service that its user has passed a challenge: checked offline, and of use to nobody else. */
  assert(assertion: Assertion): Promise<string>;
  /** The public keys, for those who check tokens themselves (RFC 7517). */
  readonly jwks: JSONWebKeySet;
};

/** What a service is told (RFC 7519): `aud` is the service, `jti` the challenge, `sub` the user. Instants are seconds. */
export type Assertion = {
  readonly aud: string;
  readonly sub: string;
  readonly jti: string;
  readonly account: string;
  readonly iat: number;
  readonly exp: number;
  readonly amr: readonly string[];
  readonly acr: 'aal2';
  /** SHA-256 of what was approved, in base64url. */
  readonly action_hash?: string;
  /** The word of the service for what it asked. */
  readonly purpose?: string;
};

const alg = 'EdDSA';
const typ = 'at+jwt';

/** How far the clocks of two nodes may differ: a token from further in the future was made by nobody honest. */
const clockSkew = minute;

/** The same while keys rotate. A token is read with the keys that are in the ring when it comes. */
export async function createLiveAccessTokens(ring: LiveRing, url: string): Promise<AccessTokens> {
  const tokens = ofCurrent(ring, (current) => createAccessTokens(current, url));
  // A pair of keys that is none is found at once.
  await tokens();
  return {
    get jwks() {
      return publicKeys(ring.current());
    },
    issue: async (given) => (await tokens()).issue(given),
    assert: async (assertion) => (await tokens()).assert(assertion),
    read: async (token, now) => (await tokens()).read(token, now),
  };
}

/** Also of the key that will sign and of those that did: verifiers keep this list for a while. */
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
  const verifying = new Map(keys);
  const keyOf: JWTVerifyGetKey = ({ kid }) => {
    const key = verifying.get(kid ?? '');
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key;
  };

  const verified = new Map<string, Claims>();

  async function verify(token: string, now: number): Promise<Claims | undefined> {
    if (!isCanonical(token)) return undefined;
    try {
      const options = { issuer: url, audience: url, algorithms: [alg], typ, currentDate: new Date(now) };
      const { payload } = await jwtVerify(token, keyOf, { ...options, requiredClaims: ['exp', 'iat', 'sub', 'sid'] });
      return claims.safeParse(payload).data;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  // Of two kinds, so that neither is taken for the other (RFC 8725 section 3.11).
  const sign = (kind: string, payload: JWTPayload) =>
    new SignJWT(payload).setProtectedHeader({ alg, typ: kind, kid: signing.id }).sign(privateKey);

  return {
    jwks: publicKeys(ring),
    issue: (given) => sign(typ, { ...given, iss: url, aud: url }),
    assert: (assertion) => sign('mfa-assertion+jwt', { ...assertion, iss: url }),
    async read(token, now) {
      const known = verified.get(token);
      const read = known ?? (await verify(token, now));
      if (!read || !isInTime(read, now)) return undefined;
      if (!known) remember(verified, token, read);
      return read;
    },
  };
}

/** A signature that was right stays right, and checking it is half of what a request costs; so much is remembered of as many tokens. */
const remembered = 4096;

/** The oldest makes room: a client that goes on asking is known again after one more check. */
function remember(verified: Map<string, Claims>, token: string, read: Claims): void {
  const [oldest] = verified.keys();
  if (oldest !== undefined && verified.size >= remembered) verified.delete(oldest);
  verified.set(token, read);
}

/** What time changes about a token, and is asked at each use. */
function isInTime({ iat, exp }: Claims, now: number): boolean {
  return iat * second <= now + clockSkew && now < exp * second;
}

async function importKey(jwk: { kty: string; crv: string; x: string; d?: string }): Promise<CryptoKey> {
  const key = await importJWK(jwk, alg);
  if (key instanceof Uint8Array) throw new Error('a signing key is not a key pair');
  return key;
}

/** One token, one spelling: base64url that decodes and encodes to itself, so that no second text passes for the first. */
function isCanonical(token: string): boolean {
  const parts = token.split('.');
  return (
    token.length <= 4096 &&
    parts.length === 3 &&
    parts.every((part) => part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part)
  );
}
