import { decide, remember, type Decision, type Judge } from './assurance.ts';
import type { SessionRequirements } from './types.ts';

export { sessionOf } from './assurance.ts';

/** The members of Express' request and response that are used: Node's own. */
type ExpressRequest = { readonly headers: { readonly authorization?: string | undefined } };
type ExpressResponse = {
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
  end(body: string): unknown;
};

/**
 * Passes requests whose session is authenticated strongly and recently enough; others are answered 401, which says what they lack (RFC 9470). A handler
 * after it reads the session with `sessionOf(req)`.
 */
export function requireAssurance(judge: Judge, wanted: SessionRequirements = {}) {
  return async (request: ExpressRequest, response: ExpressResponse, next: (error?: unknown) => void): Promise<void> => {
    // Express before version 5 ignores promises.
    let decision: Decision;
    try {
      decision = await decide(judge, wanted, request.headers.authorization);
    } catch (error) {
      next(error);
      return;
    }
    if (!decision.ok) {
      response.writeHead(decision.status, decision.headers);
      response.end(decision.body);
      return;
    }
    remember(request, decision.session);
    next();
  };
}
