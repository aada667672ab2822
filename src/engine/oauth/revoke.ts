import type { OAuthClient } from '../../store/clients.ts';
import { revokeSession } from '../../store/sessions.ts';
import type { RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import { authenticate } from '../session/authenticate.ts';
import { findOwnToken } from '../session/refresh-tokens.ts';

/** Ends the session of a token that was issued to this client (RFC 7009). Other tokens are ignored without an error. */
export async function revoke(ctx: RequestContext, client: OAuthClient, text: string): Promise<void> {
  const { now } = ctx;
  const caller = await authenticate(ctx, text);
  const session = caller.ok ? caller.value : (await findOwnToken(ctx, client, text))?.session;
  if (!session || session.clientId !== client.id) return;
  const { id: sessionId, userId, accountId } = session;
  if (!(await revokeSession(ctx.store, userId, sessionId, now))) return;
  await logSuccess(ctx, { action: 'session.end', userId, accountId, sessionId });
}
