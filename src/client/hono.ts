import { decide, remember, type Judge } from './assurance.ts';
import type { SessionRequirements } from './types.ts';

export { sessionOf } from './assurance.ts';

/** The members of Hono's context that are used. */
type HonoContext = { readonly req: { readonly raw: Request; header(name: string): string | undefined } };

/**
 * Passes requests whose session is authenticated strongly and recently enough; others are answered 401, which says what they lack (RFC 9470). A handler
 * after it reads the session with `sessionOf(c.req.raw)`.
 */
export function requireAssurance(judge: Judge, wanted: SessionRequirements = {}) {
  return async (c: HonoContext, next: () => Promise<void>): Promise<Response | undefined> => {
    const decision = await decide(judge, wanted, c.req.header('authorization'));
    if (!decision.ok) return new Response(decision.body, { status: decision.status, headers: decision.headers });
    remember(c.req.raw, decision.session);
    await next();
    return undefined;
  };
}
