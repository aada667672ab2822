import { second } from '../../base/clock.ts';
import { uuid } from '../../base/random.ts';
import { accessTokenLife } from '../policy/merge-policy.ts';
import { readPolicy } from '../policy/read-policy.ts';
import { findClient } from '../../store/clients.ts';
import type { Session } from '../../store/sessions.ts';
import type { User } from '../../store/users.ts';
import { writeRefreshTokenOf } from './refresh-tokens.ts';
import type { RequestContext } from '../context.ts';
import { scopeWithin } from './scopes.ts';
import type { CreatedSession } from './create-session.ts';
import { assuranceOf } from './assurance.ts';

/** Issues an access token for a session, with the assurance that `session` has. */
export async function issueToken(
  { tokens, random, now }: RequestContext,
  session: CreatedSession,
  accountId: string,
): Promise<string> {
  const { client } = session;
  const claims = {
    sub: session.userId,
    account: accountId,
    sid: session.id,
    iat: seconds(now),
    exp: seconds(now) + tokenSeconds(session, now),
    auth_time: seconds(session.authTime),
    amr: [...session.amr],
    acr: assuranceOf(session),
    jti: uuid(random, now),
    gen: session.generation,
    ...(session.secondFactorAt !== null && { mfa_time: seconds(session.secondFactorAt) }),
    ...(session.clientId !== null && { client_id: session.clientId, scope: session.scope ?? '' }),
  };
  return tokens.issue(claims, client?.audiences);
}

/** The tokens that an answer hands out. The refresh token is for sessions of OAuth2 clients that use them. */
export type IssuedTokens = { readonly token: string; readonly refreshToken?: string };

/**
 * Issues new tokens for a session, with the assurance that `session` has: after a step-up or a change of its user. As at a
 * refresh, the scope is at most what the client may have now.
 */
export async function issueNextTokens(
  ctx: RequestContext,
  session: Session & Pick<User, 'accountId' | 'roles'>,
): Promise<IssuedTokens> {
  const { tokenLife } = await readPolicy(ctx.store, session);
  const client = session.clientId === null ? undefined : await findClient(ctx.store, session.clientId);
  const scope = client && session.scope !== null ? scopeWithin(client, session.scope) : session.scope;
  const next = { ...session, scope, tokenLife, client };
  const token = await issueToken(ctx, next, session.accountId);
  const refreshToken = await writeRefreshTokenOf(ctx, next);
  return { token, ...(refreshToken !== undefined && { refreshToken }) };
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
