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
import { writeRefreshToken, findOwn } from './refresh-tokens.ts';
import { narrow, type Granted } from './grant.ts';

/** Two requests with one refresh token, this close to each other, are one client that asked twice and no thief. */
const raceLife = 10 * second;

/**
 * Exchanges a refresh token for the next one (RFC 6749 section 6). Each works once: of several at once one wins. One that comes back
 * after that ends its session, for two have it (RFC 9700 section 4.14.2).
 */
export async function refresh(
  ctx: RequestContext,
  client: OAuthClient,
  { refreshToken, scope: wanted }: { readonly refreshToken: string; readonly scope?: string | undefined },
): Promise<Outcome<Granted, Reason>> {
  const { now } = ctx;
  if (!client.grantTypes.includes('refresh_token')) return refuse('unauthorized_client');
  const found = await findOwn(ctx, client, refreshToken);
  if (!found) return refuse('invalid_grant');
  const { token, session } = found;
  const tried = { action: 'refresh', userId: session.userId, accountId: session.accountId, sessionId: session.id };
  if (token.usedAt !== null) {
    if (now - token.usedAt > raceLife) await revokeSession(ctx.store, session.userId, session.id, now);
    await logRefusal(ctx, tried, 'replayed');
    return refuse('invalid_grant');
  }
  // What is required of a login today is required of a session that would go on for weeks.
  const policy = await (session.secondFactorAt === null ? policyOnFirst(ctx, session) : readPolicy(ctx.store, session));
  if (!policy) {
    await logRefusal(ctx, tried, 'mfa_enrollment_required');
    return refuse('invalid_grant');
  }
  const scope = narrow(token.scope, wanted);
  if (scope === undefined) return refuse('invalid_scope');

  const next = await withTransaction<string, Reason>(ctx, async (tx) => {
    if (!(await useRefreshToken(tx.store, token.id, now))) return refuse('invalid_grant');
    const written = await writeRefreshToken(tx, session, token.scope);
    await logSuccess(tx, tried);
    return success(written);
  });
  if (!next.ok) return next;
  const goingOn = { ...session, tokenLife: policy.tokenLife };
  const accessToken = await issueToken(ctx, goingOn, session.accountId);
  return success({
    state: 'granted',
    accessToken,
    expiresIn: tokenSeconds(goingOn, now),
    refreshToken: next.value,
    scope,
  });
}
