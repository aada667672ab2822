import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { minute, second } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { sameText } from '../../base/seal.ts';
import { success } from '../../base/outcome.ts';
import { declined, type DuoOutcome, type Spent } from './protocol.ts';
import type { DuoSettings } from './settings.ts';

/** The JSON Web Tokens of Duo's OIDC Auth API (duo.com/docs/oauthapi): ours to Duo and Duo's to us, under the one secret key. */
const alg = 'HS512';

/** Duo takes no token of ours that lasts longer. */
export const longestLife = 5 * minute;

/** How far Duo's clock and ours may differ; Duo's own libraries allow as much. */
const clockSkew = minute;

const longestToken = 16 * 1024;

/** 36 characters, as many as Duo's libraries draw; letters and digits only, for Duo says of no others that it takes them. */
export function drawText(random: Random): string {
  return random.bytes(18).toString('hex');
}

export async function signed(settings: DuoSettings, claims: Readonly<Record<string, unknown>>): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT' }).sign(keyOf(settings));
}

/** Proves at one endpoint, once and for five minutes, who we are (RFC 7523 section 3). */
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

/** What an id token must say. Instants are seconds; Duo's `iat` may have a fraction. */
const idToken = z.object({
  /** No list, which may hold others than us. */
  aud: z.string(),
  exp: z.int(),
  iat: z.number(),
  nonce: z.string(),
  preferred_username: z.string().min(1),
  auth_result: z.object({ result: z.string() }),
});

type Expected = {
  /** The endpoint that gave the token, which issues it. */
  readonly issuer: string;
  readonly user: string;
  readonly nonce: string;
  readonly now: number;
};

/** Whether an id token says that this person was let in, just now, in answer to the question with this nonce. */
export async function readIdToken(
  settings: DuoSettings,
  token: string,
  { issuer, user, nonce, now }: Expected,
): Promise<DuoOutcome<Spent>> {
  const read = idToken.safeParse(await verified(settings, token, issuer, now));
  if (!read.success) return declined('provider_nonsense', 'the id token is not right');
  if (!sameText(read.data.nonce, nonce)) return declined('wrong', 'answers another question');
  if (!sameText(read.data.preferred_username, user)) return declined('wrong', 'is about another user');
  if (read.data.auth_result.result !== 'allow') return declined('wrong', 'Duo did not let the user in');
  return success({ id: nonce, until: read.data.exp * second + clockSkew });
}

/** The claims of a token that Duo signed for us and whose time is now, or undefined. */
async function verified(settings: DuoSettings, token: string, issuer: string, now: number): Promise<unknown> {
  if (token.length > longestToken) return undefined;
  const options = {
    algorithms: [alg],
    issuer,
    audience: settings.integration_key,
    // We have asked for it just now: one that is old, or from the future, is not the one that we asked for.
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
