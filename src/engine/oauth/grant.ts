import type { OAuthClient } from '../../store/clients.ts';
import { scopes as known, scopesIn } from '../session/scopes.ts';
import type { RequestContext } from '../context.ts';
import type { CompletedLogin } from '../login/login-outcome.ts';
import { tokenSeconds } from '../session/issue-token.ts';
import { writeRefreshTokenOf } from '../session/refresh-tokens.ts';

export type GrantedTokens = {
  readonly state: 'granted';
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** Only for clients with the refresh grant. */
  readonly refreshToken: string | undefined;
  readonly scope: string;
};

/** The tokens of a client's login, with a refresh token if the client uses them. */
export async function grantTokens(ctx: RequestContext, { token, session }: CompletedLogin): Promise<GrantedTokens> {
  const refreshToken = await writeRefreshTokenOf(ctx.at(), session);
  const expiresIn = tokenSeconds(session, session.authTime);
  return { state: 'granted', accessToken: token, expiresIn, refreshToken, scope: session.scope ?? '' };
}

/**
 * The requested scope, or the allowed scope if none is requested; undefined if the request exceeds it (RFC 6749 section
 * 3.3).
 */
function narrowScope(allowed: string, wanted: string | undefined): string | undefined {
  if (wanted === undefined) return allowed;
  const allowedWords = new Set(words(allowed));
  return words(wanted).every((word) => allowedWords.has(word)) ? words(wanted).join(' ') : undefined;
}

/**
 * The scope that a client gets: of the known ones that it asks for, or else of its default, those that it may have.
 * `granted` is that of the refresh token, which is never exceeded. Undefined if a client of version 0.1.0 asks for
 * words that it was not registered for.
 */
export function scopeFor(
  { scope, scopes, defaultScopes = [] }: OAuthClient,
  wanted: string | undefined,
  granted?: string,
): string | undefined {
  if (!scopes) {
    // Its words are its own, and meant nothing here when it was registered.
    const narrowed = narrowScope(granted ?? scope, wanted);
    return (
      narrowed &&
      words(narrowed)
        .filter((word) => !known.some((one) => one === word))
        .join(' ')
    );
  }
  const most = granted === undefined ? scopes : scopesIn(granted).filter((one) => scopes.includes(one));
  const asked = scopesIn(wanted ?? '');
  const otherwise = granted === undefined ? defaultScopes : most;
  return (asked.length > 0 ? asked : otherwise).filter((one) => most.includes(one)).join(' ');
}

const words = (scope: string) => scope.split(' ').filter((word) => word !== '');
