import { second } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { OAuthClient } from '../../store/clients.ts';
import type { LiveSession } from '../../store/sessions.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { authenticate } from '../session/authenticate.ts';
import { findOwn } from './refresh-tokens.ts';

export type Introspected = {
  readonly session: LiveSession;
  readonly kind: 'access_token' | 'refresh_token';
  /** The end of the token itself, in milliseconds since the Unix epoch. */
  readonly expiresAt: number;
};

/**
 * What a token is worth at this moment (RFC 7662), or undefined. A client learns of tokens of its own account only, and one that
 * proves nothing of itself learns nothing: else whoever knows its id could try tokens out (section 2.1).
 */
export async function introspect(
  ctx: RequestContext,
  client: OAuthClient,
  text: string,
): Promise<Outcome<Introspected | undefined, Reason>> {
  if (client.isPublic) return refuse('invalid_client');
  return success(await worthOf(ctx, client, text));
}

async function worthOf(ctx: RequestContext, client: OAuthClient, text: string): Promise<Introspected | undefined> {
  const { now } = ctx;
  const claims = await ctx.tokens.read(text, now);
  if (claims) {
    const caller = await authenticate(ctx, text);
    const known = caller.ok && caller.value.accountId === client.accountId;
    return known ? { session: caller.value, kind: 'access_token', expiresAt: claims.exp * second } : undefined;
  }
  const own = await findOwn(ctx, client, text);
  if (!own || own.token.usedAt !== null) return undefined;
  return { session: own.session, kind: 'refresh_token', expiresAt: own.token.expiresAt };
}
