import { second } from '../../base/clock.ts';
import { accessTokenLife } from '../policy/merge-policy.ts';
import type { RequestContext } from '../context.ts';
import type { CreatedSession } from './create-session.ts';
import { assuranceOf } from './assurance.ts';

/** The access token that speaks for a session. */
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
 * How many seconds an access token is good for that is issued at this moment. One that can be refreshed never outlives the usual ones: what it
 * says of its user is looked at again by then.
 */
export function tokenSeconds({ clientId, tokenLife, expiresAt }: CreatedSession, now: number): number {
  const life = clientId === null ? tokenLife : Math.min(tokenLife, accessTokenLife);
  return seconds(Math.min(now + life, expiresAt)) - seconds(now);
}

const seconds = (milliseconds: number) => Math.floor(milliseconds / second);
