import { decide, remember, type Judge } from './assurance.ts';
import type { SessionRequirements } from './types.ts';

export { sessionOf } from './assurance.ts';

/** The members of Fastify's request and reply that are used. */
type FastifyRequest = { readonly headers: { readonly authorization?: string | undefined } };
type FastifyReply = {
  code(status: number): FastifyReply;
  headers(headers: Record<string, string>): FastifyReply;
  send(body: string): FastifyReply;
};

/**
 * A `preHandler` that passes requests whose session is authenticated strongly and recently enough; others are answered 401, which says what they
 * lack (RFC 9470). A handler after it reads the session with `sessionOf(request)`.
 */
export function requireAssurance(judge: Judge, wanted: SessionRequirements = {}) {
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
