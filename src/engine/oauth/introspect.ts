import { second } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { OAuthClient } from '../../store/clients.ts';
import type { LiveSession } from '../../store/sessions.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { authenticate } from '../session/authenticate.ts';
import { findOwnToken } from '../session/refresh-tokens.ts';

export type Introspected = {
  readonly session: LiveSession;
  readonly kind: 'access_token' | 'refresh_token';
  /** When the token expires, in milliseconds since the Unix epoch. */
  readonly expiresAt: number;
};

/**
 * The session of a valid token (RFC 7662); undefined if it is not valid or of another account. Public clients are
 * refused: they have no secret, so anyone who knows a client's id could test tokens (section 2.1).
 */
export async function introspect(
  ctx: RequestContext,
  client: OAuthClient,
  text: string,
): Promise<Outcome<Introspected | undefined, Reason>> {
  if (client.isPublic) return refuse('invalid_client');
  return success(await findToken(ctx, client, text));
}

async function findToken(ctx: RequestContext, client: OAuthClient, text: string): Promise<Introspected | undefined> {
  const { now } = ctx;
  const claims = await ctx.tokens.read(text, now);
  if (claims) {
    const caller = await authenticate(ctx, text);
    const isVisible = caller.ok && caller.value.accountId === client.accountId;
    return isVisible ? { session: caller.value, kind: 'access_token', expiresAt: claims.exp * second } : undefined;
  }
  const own = await findOwnToken(ctx, client, text);
  if (!own || own.token.usedAt !== null) return undefined;
  return { session: own.session, kind: 'refresh_token', expiresAt: own.token.expiresAt };
}
