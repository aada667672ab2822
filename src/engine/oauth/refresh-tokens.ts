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

type OwnToken = { readonly token: RefreshToken; readonly session: LiveSession };

/** A refresh token of this client, if its session is valid. It may have been used before. */
export async function findOwnToken(
  ctx: RequestContext,
  client: OAuthClient,
  text: string,
): Promise<OwnToken | undefined> {
  const token = await findRefreshToken(ctx.store, text);
  const session = token && (await findLiveSession(ctx.store, token.sessionId, ctx.now));
  return token && session?.clientId === client.id ? { token, session } : undefined;
}
