import { second } from '../../base/clock.ts';
import { accessTokenLife } from '../policy/merge-policy.ts';
import type { RequestContext } from '../context.ts';
import type { CreatedSession } from './create-session.ts';
import { assuranceOf } from './assurance.ts';

/** Issues an access token for a session. */
export async function issueToken(
  { tokens, now }: RequestContext,
  session: CreatedSession,
  accountId: string,
): Promise<string> {
  return tokens.issue({
    sub: session.userId,
    account: accountId,
    sid: session.id,
    iat: seconds(now),
    exp: seconds(now) + tokenSeconds(session, now),
    auth_time: seconds(session.authTime),
    amr: [...session.amr],
    acr: assuranceOf(session),
  });
}

/**
 * The lifetime in seconds of an access token issued now. If the session belongs to an OAuth2 client, it is at most an
 * hour, so that policy is checked again at the next refresh.
 */
export function tokenSeconds({ clientId, tokenLife, expiresAt }: CreatedSession, now: number): number {
  const life = clientId === null ? tokenLife : Math.min(tokenLife, accessTokenLife);
  return seconds(Math.min(now + life, expiresAt)) - seconds(now);
}

const seconds = (milliseconds: number) => Math.floor(milliseconds / second);
