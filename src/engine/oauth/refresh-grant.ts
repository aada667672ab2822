import { second } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { OAuthClient } from '../../store/clients.ts';
import { useRefreshToken } from '../../store/refresh-tokens.ts';
import { revokeSession } from '../../store/sessions.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logRefusal, logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import { readPolicy } from '../policy/read-policy.ts';
import { policyOnFirst } from '../policy/login-needs.ts';
import { issueToken, tokenSeconds } from '../session/issue-token.ts';
import { writeRefreshToken, findOwnToken } from './refresh-tokens.ts';
import { narrowScope, type Granted } from './grant.ts';

/**
 * A second use of a refresh token within this time, in milliseconds, is a repeated request of the client and is not
 * token theft.
 */
const raceLife = 10 * second;

/**
 * Exchanges a refresh token for a new one (RFC 6749 section 6). Each is accepted once. A later second use revokes the
 * session, because the token may have been stolen (RFC 9700 section 4.14.2).
 */
export async function refresh(
  ctx: RequestContext,
  client: OAuthClient,
  { refreshToken, scope: wanted }: { readonly refreshToken: string; readonly scope?: string | undefined },
): Promise<Outcome<Granted, Reason>> {
  const { now } = ctx;
  if (!client.grantTypes.includes('refresh_token')) return refuse('unauthorized_client');
  const found = await findOwnToken(ctx, client, refreshToken);
  if (!found) return refuse('invalid_grant');
  const { token, session } = found;
  const facts = { action: 'refresh', userId: session.userId, accountId: session.accountId, sessionId: session.id };
  if (token.usedAt !== null) {
    if (now - token.usedAt > raceLife) await revokeSession(ctx.store, session.userId, session.id, now);
    await logRefusal(ctx, facts, 'replayed');
    return refuse('invalid_grant');
  }
  // A session may be refreshed for weeks, so it must meet the current policy.
  const policy = await (session.secondFactorAt === null ? policyOnFirst(ctx, session) : readPolicy(ctx.store, session));
  if (!policy) {
    await logRefusal(ctx, facts, 'mfa_enrollment_required');
    return refuse('invalid_grant');
  }
  const scope = narrowScope(token.scope, wanted);
  if (scope === undefined) return refuse('invalid_scope');

  const next = await withTransaction<string, Reason>(ctx, async (tx) => {
    if (!(await useRefreshToken(tx.store, token.id, now))) return refuse('invalid_grant');
    const written = await writeRefreshToken(tx, session, token.scope);
    await logSuccess(tx, facts);
    return success(written);
  });
  if (!next.ok) return next;
  const refreshed = { ...session, tokenLife: policy.tokenLife };
  const accessToken = await issueToken(ctx, refreshed, session.accountId);
  return success({
    state: 'granted',
    accessToken,
    expiresIn: tokenSeconds(refreshed, now),
    refreshToken: next.value,
    scope,
  });
}
