import { second } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { OAuthClient } from '../../store/clients.ts';
import type { LiveSession } from '../../store/sessions.ts';
import type { Claims } from '../access-token.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { authenticate } from '../session/authenticate.ts';
import { findOwnToken } from '../session/refresh-tokens.ts';

export type Introspected = {
  readonly session: LiveSession;
  readonly kind: 'access_token' | 'refresh_token';
  /** When the token expires, in milliseconds since the Unix epoch. */
  readonly expiresAt: number;
  readonly issuedAt: number;
  /** Of an access token. */
  readonly claims?: Pick<Claims, 'aud' | 'jti'>;
  readonly scope: string | null;
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
    if (!caller.ok || !isVisible(client, caller.value)) return undefined;
    const times = { expiresAt: claims.exp * second, issuedAt: claims.iat * second };
    return { session: caller.value, kind: 'access_token', ...times, claims, scope: caller.value.scope };
  }
  const own = await findOwnToken(ctx, client, text);
  if (!own || own.token.usedAt !== null) return undefined;
  const { expiresAt, createdAt: issuedAt, scope } = own.token;
  return { session: own.session, kind: 'refresh_token', expiresAt, issuedAt, scope };
}

/** A client may ask about its own sessions and those of its account. */
const isVisible = ({ id, accountId }: OAuthClient, session: LiveSession) =>
  session.clientId === id || session.accountId === accountId;
