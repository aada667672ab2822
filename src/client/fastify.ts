import { decide, remember, type Judge } from './assurance.ts';
import type { Wanted } from './types.ts';

export { sessionOf } from './assurance.ts';

/** Of Fastify's request and reply, what is used of them. */
type FastifyRequest = { readonly headers: { readonly authorization?: string | undefined } };
type FastifyReply = {
  code(status: number): FastifyReply;
  headers(headers: Record<string, string>): FastifyReply;
  send(body: string): FastifyReply;
};

/**
 * A `preHandler` that lets requests through whose access token speaks for a session that is proven well and lately enough; the others are answered
 * with 401 and what they lack (RFC 9470). A handler behind it asks `sessionOf(request)` whose it is.
 */
export function requireAssurance(judge: Judge, wanted: Wanted = {}) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const decision = await decide(judge, wanted, request.headers.authorization);
    if (!decision.ok)
      return reply
        .code(decision.status)
        .headers({ ...decision.headers })
        .send(decision.body);
    remember(request, decision.session);
    return undefined;
  };
}
