import { decide, remember, type Judge } from './assurance.ts';
import type { Wanted } from './types.ts';

export { sessionOf } from './assurance.ts';

/** Of Hono's context, what is used of it. */
type HonoContext = { readonly req: { readonly raw: Request; header(name: string): string | undefined } };

/**
 * Lets requests through whose access token speaks for a session that is proven well and lately enough; answers the others with 401 and what they
 * lack (RFC 9470). A handler behind it asks `sessionOf(c.req.raw)` whose it is.
 */
export function requireAssurance(judge: Judge, wanted: Wanted = {}) {
  return async (c: HonoContext, next: () => Promise<void>): Promise<Response | undefined> => {
    const decision = await decide(judge, wanted, c.req.header('authorization'));
    if (!decision.ok) return new Response(decision.body, { status: decision.status, headers: decision.headers });
    remember(c.req.raw, decision.session);
    await next();
    return undefined;
  };
}
