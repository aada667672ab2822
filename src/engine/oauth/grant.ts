import type { RequestContext } from '../context.ts';
import type { CompletedLogin } from '../login/login-outcome.ts';
import { tokenSeconds } from '../session/issue-token.ts';
import { writeRefreshTokenOf } from '../session/refresh-tokens.ts';

export type Granted = {
  readonly state: 'granted';
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** Only for clients with the refresh grant. */
  readonly refreshToken: string | undefined;
  readonly scope: string;
};

/** The tokens of a client's login, with a refresh token if the client uses them. */
export async function grantTokens(ctx: RequestContext, { token, session }: CompletedLogin): Promise<Granted> {
  const refreshToken = await writeRefreshTokenOf(ctx.at(), session);
  const expiresIn = tokenSeconds(session, session.authTime);
  return { state: 'granted', accessToken: token, expiresIn, refreshToken, scope: session.scope ?? '' };
}

/**
 * The requested scope, or the allowed scope if none is requested; undefined if the request exceeds it (RFC 6749 section
 * 3.3).
 */
export function narrowScope(allowed: string, wanted: string | undefined): string | undefined {
  if (wanted === undefined) return allowed;
  const allowedWords = new Set(words(allowed));
  return words(wanted).every((word) => allowedWords.has(word)) ? words(wanted).join(' ') : undefined;
}

const words = (scope: string) => scope.split(' ').filter((word) => word !== '');
