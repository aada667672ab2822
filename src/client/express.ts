import { decide, remember, type Decision, type Judge } from './assurance.ts';
import type { Wanted } from './types.ts';

export { sessionOf } from './assurance.ts';

/** Of Express' request and response, what is used of them: Node's own. */
type ExpressRequest = { readonly headers: { readonly authorization?: string | undefined } };
type ExpressResponse = {
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
  end(body: string): unknown;
};

/**
 * Lets requests through whose access token speaks for a session that is proven well and lately enough; answers the others with 401 and what they
 * lack (RFC 9470). A handler behind it asks `sessionOf(req)` whose it is.
 */
export function requireAssurance(judge: Judge, wanted: Wanted = {}) {
  return async (request: ExpressRequest, response: ExpressResponse, next: (error?: unknown) => void): Promise<void> => {
    // Express before version 5 looks at no promise.
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
