import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { minute, second } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { sameText } from '../../base/seal.ts';
import { success } from '../../base/outcome.ts';
import { declined, type DuoOutcome, type Spent } from './protocol.ts';
import type { DuoSettings } from './settings.ts';

/**
 * The JSON Web Tokens of Duo's OIDC Auth API (duo.com/docs/oauthapi). Duo and the server sign with the same secret key.
 */
const alg = 'HS512';

/** Duo rejects tokens with a longer life. */
export const longestLife = 5 * minute;

/** The allowed difference between Duo's clock and ours, the same as in Duo's own libraries. */
const clockSkew = minute;

const longestToken = 16 * 1024;

/**
 * 36 characters, as in Duo's libraries. They are letters and digits only, because Duo documents no others as accepted.
 */
export function drawText(random: Random): string {
  return random.bytes(18).toString('hex');
}

export async function signed(settings: DuoSettings, claims: Readonly<Record<string, unknown>>): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT' }).sign(keyOf(settings));
}

/** Creates a client assertion for one endpoint, for one use within five minutes (RFC 7523 section 3). */
export async function assertion(
  settings: DuoSettings,
  endpoint: string,
  { now, random }: { readonly now: number; readonly random: Random },
): Promise<string> {
  const iat = Math.floor(now / second);
  const { integration_key: client } = settings;
  const exp = iat + longestLife / second;
  return signed(settings, { iss: client, sub: client, aud: endpoint, jti: drawText(random), iat, exp });
}

/** The required claims of an id token. Times are in seconds; Duo's `iat` may have a fraction. */
const idToken = z.object({
  /** Not a list, because a list may name other clients too. */
  aud: z.string(),
  exp: z.int(),
  iat: z.number(),
  nonce: z.string(),
  preferred_username: z.string().min(1),
  auth_result: z.object({ result: z.string() }),
});

type Expected = {
  /** The endpoint that returned the token, which is also its issuer. */
  readonly issuer: string;
  readonly user: string;
  readonly nonce: string;
  readonly now: number;
};

/** Verifies an id token: Duo must have allowed this user just now, in answer to the prompt with this nonce. */
export async function readIdToken(
  settings: DuoSettings,
  token: string,
  { issuer, user, nonce, now }: Expected,
): Promise<DuoOutcome<Spent>> {
  const read = idToken.safeParse(await verified(settings, token, issuer, now));
  if (!read.success) return declined('provider_nonsense', 'the id token is invalid');
  if (!sameText(read.data.nonce, nonce)) return declined('wrong', 'answers another prompt');
  if (!sameText(read.data.preferred_username, user)) return declined('wrong', 'is about another user');
  if (read.data.auth_result.result !== 'allow') return declined('wrong', 'Duo denied the login');
  return success({ id: nonce, until: read.data.exp * second + clockSkew });
}

/** The claims of a token that Duo signed for this client and that is valid now; otherwise undefined. */
async function verified(settings: DuoSettings, token: string, issuer: string, now: number): Promise<unknown> {
  if (token.length > longestToken) return undefined;
  const options = {
    algorithms: [alg],
    issuer,
    audience: settings.integration_key,
    // The token was requested just now, so one that is old or from the future belongs to another request.
    maxTokenAge: longestLife / second,
    clockTolerance: clockSkew / second,
    currentDate: new Date(now),
  };
  try {
    return (await jwtVerify(token, keyOf(settings), options)).payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

function keyOf({ secret_key: key }: DuoSettings): Uint8Array {
  return new TextEncoder().encode(key);
}
