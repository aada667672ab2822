import { second } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { findLiveSession, type Assurance, type LiveSession } from '../../store/sessions.ts';
import type { Claims } from '../access-token.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

/** The caller of an operation: a valid session, with the assurance of the access token that was sent. */
export type Caller = LiveSession & { readonly type: 'session'; readonly tokenId: string | undefined };

/** Finds the valid session of an access token. */
export async function authenticate(ctx: RequestContext, token: string): Promise<Outcome<Caller, Reason>> {
  const { now } = ctx;
  const claims = await ctx.tokens.read(token, now);
  if (!claims) return refuse('invalid_token');
  const session = await findLiveSession(ctx.store, claims.sid, now);
  if (!session || session.userId !== claims.sub || session.accountId !== claims.account) return refuse('invalid_token');
  // Tokens of version 0.1.0 do not name their client.
  if (claims.client_id !== undefined && claims.client_id !== session.clientId) return refuse('invalid_token');
  const assurance = assuranceOfToken(session, claims);
  if (assurance.generation < session.generationFrom) return refuse('invalid_token');
  const { generation, amr, authTime, secondFactorAt } = assurance;
  const proven = { generation, amr, authTime, secondFactorAt };
  // A refresh may have narrowed the scope.
  const { scope = session.scope } = claims;
  return success({ ...session, ...proven, scope, type: 'session', tokenId: claims.jti });
}

/** The proof of an access token: that of its session when it was issued, or when an enrollment raised it. */
function assuranceOfToken(session: LiveSession, { jti, gen, amr, acr, iat, ...claims }: Claims): Assurance {
  const { raised } = session;
  if (raised && raised.tokenId === jti) return raised;
  // The session has the same times in milliseconds.
  if (gen === session.generation) return session;
  const authTime = claims.auth_time * second;
  if (gen === undefined) {
    // A token of version 0.1.0 does not say when the second factor was proven, but it was before the token was issued.
    const { secondFactorAt: newest } = session;
    const secondFactorAt = acr === 'aal2' && newest !== null ? Math.min(newest, iat * second) : null;
    return { generation: 1, amr, authTime, secondFactorAt };
  }
  const secondFactorAt = claims.mfa_time === undefined ? null : claims.mfa_time * second;
  return { generation: gen, amr, authTime, secondFactorAt };
}

export const isAdministrator = ({ roles }: Pick<Caller, 'roles'>) => roles.includes('admin');
