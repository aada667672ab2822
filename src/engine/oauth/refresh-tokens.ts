import { opaqueToken, uuid } from '../../base/random.ts';
import type { OAuthClient } from '../../store/clients.ts';
import { findRefreshToken, insertRefreshToken, type RefreshToken } from '../../store/refresh-tokens.ts';
import { findLiveSession, type LiveSession, type Session } from '../../store/sessions.ts';
import type { RequestContext } from '../context.ts';

export async function writeRefreshToken(ctx: RequestContext, session: Session, scope: string): Promise<string> {
  const { random, now } = ctx;
  const text = opaqueToken(random);
  const made = { id: uuid(random, now), sessionId: session.id, scope, createdAt: now };
  await insertRefreshToken(ctx.store, { ...made, expiresAt: session.expiresAt, usedAt: null }, text);
  return text;
}

type Own = { readonly token: RefreshToken; readonly session: LiveSession };

/** A refresh token of this client whose session is in force. */
export async function findOwn(ctx: RequestContext, client: OAuthClient, text: string): Promise<Own | undefined> {
  const token = await findRefreshToken(ctx.store, text);
  const session = token && (await findLiveSession(ctx.store, token.sessionId, ctx.now));
  return token && session?.clientId === client.id ? { token, session } : undefined;
}
