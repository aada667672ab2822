import { second } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { OAuthClient } from '../../store/clients.ts';
import { findBelow } from '../../store/accounts.ts';
import { useRefreshToken } from '../../store/refresh-tokens.ts';
import { revokeSession } from '../../store/sessions.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logRefusal, logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import { readPolicy } from '../policy/read-policy.ts';
import type { LiveSession } from '../../store/sessions.ts';
import { requireStillEnough } from '../policy/still-enough.ts';
import { kindsBeyondFirst } from '../policy/second-factors.ts';
import type { AccountPolicy } from '../policy/merge-policy.ts';
import { policyOnFirst } from '../policy/login-needs.ts';
import { issueToken, tokenSeconds } from '../session/issue-token.ts';
import { findIssuedToken, isVoid, writeRefreshToken } from '../session/refresh-tokens.ts';
import { scopeFor, type GrantedTokens } from './grant.ts';

/**
 * A second use of a refresh token within this time, in milliseconds, is a repeated request of the client and is not
 * token theft.
 */
const retryWindow = 10 * second;

/**
 * Exchanges a refresh token for a new one (RFC 6749 section 6). Each is accepted once. A later second use revokes the
 * session, because the token may have been stolen (RFC 9700 section 4.14.2).
 */
export async function refresh(
  ctx: RequestContext,
  client: OAuthClient,
  { refreshToken, scope: wanted }: { readonly refreshToken: string; readonly scope?: string | undefined },
): Promise<Outcome<GrantedTokens, Reason>> {
  const { now } = ctx;
  if (!client.grantTypes.includes('refresh_token')) return refuse('unauthorized_client');
  const found = await findIssuedToken(ctx, client, refreshToken);
  if (!found) return refuse('invalid_grant');
  const { token, session } = found;
  const facts = { action: 'refresh', userId: session.userId, accountId: session.accountId, sessionId: session.id };
  if (token.usedAt !== null) {
    if (now - token.usedAt > retryWindow) await revokeSession(ctx.store, session.userId, session.id, now);
    await logRefusal(ctx, facts, 'replayed');
    return refuse('invalid_grant');
  }
  if (isVoid(found)) return refuse('invalid_grant');
  const policy = await policyThatAllows(ctx, client, session);
  if (!policy.ok) await logRefusal(ctx, facts, policy.reason);
  if (!policy.ok) return refuse('invalid_grant');
  const scope = scopeFor(client, wanted, token.scope);
  if (scope === undefined) return refuse('invalid_scope');

  const next = await withTransaction<string, Reason>(ctx, async (tx) => {
    if (!(await useRefreshToken(tx.store, token.id, now))) return refuse('invalid_grant');
    const written = await writeRefreshToken(tx, session, token.scope);
    await logSuccess(tx, facts);
    return success(written);
  });
  if (!next.ok) return next;
  const refreshed = { ...session, scope, client, tokenLife: policy.value.tokenLife };
  const accessToken = await issueToken(ctx, refreshed, session.accountId);
  return success({
    state: 'granted',
    accessToken,
    expiresIn: tokenSeconds(refreshed, now),
    refreshToken: next.value,
    scope,
  });
}

/** The policy of the session's login method, which a session must meet again at each refresh, for weeks. */
async function policyThatAllows(
  ctx: RequestContext,
  { accountId }: OAuthClient,
  session: LiveSession,
): Promise<Outcome<AccountPolicy, Reason>> {
  // Version 0.1.0 created sessions for users of any account.
  const reaches = session.accountId === accountId || (await findBelow(ctx.store, accountId, session.accountId));
  if (!reaches) return refuse('unknown_account');
  if (session.secondFactorAt === null) {
    const policy = await policyOnFirst(ctx, session);
    return policy ? success(policy) : refuse('mfa_enrollment_required');
  }
  const policy = await readPolicy(ctx.store, session);
  // A session of version 0.1.0 does not say which factor was proven, but the methods of a provider name it.
  const kinds = session.secondKinds ?? [...session.amr, ...kindsBeyondFirst];
  const enough = await requireStillEnough(ctx, policy, { kinds });
  return enough.ok ? success(policy) : enough;
}
