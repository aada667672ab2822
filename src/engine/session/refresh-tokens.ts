import { opaqueToken, uuid } from '../../base/random.ts';
import type { OAuthClient } from '../../store/clients.ts';
import {
  findRefreshToken,
  insertRefreshToken,
  type IssuedProof,
  type RefreshToken,
} from '../../store/refresh-tokens.ts';
import { findLiveSession, type LiveSession, type Session } from '../../store/sessions.ts';
import type { RequestContext } from '../context.ts';

/** Writes a refresh token for the assurance that `session` has. Returns its text. */
export async function writeRefreshToken(ctx: RequestContext, session: Session, scope: string): Promise<string> {
  const { random, now } = ctx;
  const text = opaqueToken(random);
  const { generation, amr, authTime, secondFactorAt, secondKinds } = session;
  const proven: IssuedProof = { generation, amr, authTime, secondFactorAt, secondKinds };
  const made = { id: uuid(random, now), sessionId: session.id, scope, createdAt: now, proven };
  await insertRefreshToken(ctx.store, { ...made, expiresAt: session.expiresAt, usedAt: null }, text);
  return text;
}

/** Writes a refresh token of a session, if its client uses them. */
export async function writeRefreshTokenOf(
  ctx: RequestContext,
  { client, ...session }: Session & { readonly client?: OAuthClient | undefined },
): Promise<string | undefined> {
  return client?.grantTypes.includes('refresh_token')
    ? writeRefreshToken(ctx, session, session.scope ?? '')
    : undefined;
}

/** A refresh token and its session, with the assurance of the token. */
type OwnToken = { readonly token: RefreshToken; readonly session: LiveSession };

/** A refresh token of this client, if its session is valid. It may have been used before, or be void. */
export async function findIssuedToken(
  ctx: RequestContext,
  client: OAuthClient,
  text: string,
): Promise<OwnToken | undefined> {
  const token = await findRefreshToken(ctx.store, text);
  const session = token && (await findLiveSession(ctx.store, token.sessionId, ctx.now));
  if (!token || session?.clientId !== client.id) return undefined;
  // A token of version 0.1.0 has the assurance of its session, which must not have grown since.
  if (!token.proven && session.generation > 1) return undefined;
  const proven = token.proven ?? { ...session, generation: 1 };
  const secondKinds = proven.secondKinds ?? session.secondKinds;
  return { token, session: { ...session, ...proven, secondKinds } };
}

/** Whether a later generation of its session has voided a refresh token. */
export const isVoid = ({ session }: OwnToken) => session.generation < session.refreshFrom;

/** A refresh token of this client, if its session is valid and it is not void. It may have been used before. */
export async function findOwnToken(
  ctx: RequestContext,
  client: OAuthClient,
  text: string,
): Promise<OwnToken | undefined> {
  const issued = await findIssuedToken(ctx, client, text);
  return issued && !isVoid(issued) ? issued : undefined;
}
