import { getRequestListener, RequestError } from '@hono/node-server';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { timeOrderedHex } from '../../base/random.ts';
import type { Context } from '../../engine/context.ts';
import { problem } from '../errors/problem.ts';
import type { Problem } from '../route.ts';
import type { Environment } from './client.ts';
import { respond } from './respond.ts';

/** The function that Node's server, and frameworks on it such as Express, call for each request. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

type ListenerParts = {
  readonly fetch: (request: Request, environment?: Environment) => Promise<Response>;
  /** The server's public URL. */
  readonly url: string;
};

/** Passes requests of Node's server to the app, with the socket that they came on. */
export function createListener(context: Context, parts: ListenerParts): Listener {
  const answer = listenerFor(context, parts);
  // HTTP/1.0 has no Host header (RFC 9112 section 3.2). HTTP/1.1 without one is malformed.
  const answerOld = listenerFor(context, parts, new URL(parts.url).host);
  return (request, response) => (request.httpVersion === '1.0' ? answerOld : answer)(request, response);
}

/** `hostname` stands in for a missing Host header. */
function listenerFor({ random, clock, log }: Context, { fetch, url }: ListenerParts, hostname?: string): Listener {
  return getRequestListener((request, { incoming }) => fetch(request, { incoming }), {
    ...(hostname !== undefined && { hostname }),
    // Countersign may share its process with other code, which keeps Node's own Request and Response.
    overrideGlobalObjects: false,
    errorHandler(error) {
      const requestId = timeOrderedHex(random, clock.now());
      if (error instanceof RequestError) {
        log.info({ status: unreadable.status, code: unreadable.code, request_id: requestId }, 'malformed request');
        return respond(problem(unreadable), { requestId, url });
      }
      // The app answers its own faults. This answers a fault outside of it.
      log.error({ err: error, request_id: requestId }, 'request failed');
      return respond(problem(broken), { requestId, url });
    },
  });
}

/**
 * Replaces this process's Request and Response by node-server's, which saves a tenth of a millisecond per request. It is only for a process
 * that runs nothing but Countersign.
 */
export function patchGlobals(): void {
  getRequestListener(() => new Response(), { overrideGlobalObjects: true });
}

const unreadable: Problem = {
  status: 400,
  code: 'invalid_request',
  detail: 'The Host header or the path is invalid.',
};

const broken: Problem = {
  status: 500,
  code: 'internal_error',
  detail: 'Internal error. Tell the operator the request id.',
};
