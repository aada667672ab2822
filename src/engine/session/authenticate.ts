import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { findLiveSession, type LiveSession } from '../../store/sessions.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

/** The caller of an operation: a valid session. */
export type Caller = LiveSession & { readonly type: 'session' };

/** Finds the valid session of an access token. */
export async function authenticate(ctx: RequestContext, token: string): Promise<Outcome<Caller, Reason>> {
  const { now } = ctx;
  const claims = await ctx.tokens.read(token, now);
  if (!claims) return refuse('invalid_token');
  const session = await findLiveSession(ctx.store, claims.sid, now);
  if (!session || session.userId !== claims.sub || session.accountId !== claims.account) return refuse('invalid_token');
  return success({ ...session, type: 'session' });
}

export const isAdministrator = (caller: Caller) => caller.roles.includes('admin');
