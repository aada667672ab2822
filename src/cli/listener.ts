import { getRequestListener, RequestError } from '@hono/node-server';
import { timeOrderedHex } from '../base/random.ts';
import type { Countersign } from '../countersign.ts';
import { respond } from '../http/app.ts';
import { problem, type Problem } from '../http/problem.ts';
import type { Listener } from './listen.ts';

/** Hands a request of Node's server to the house, with the socket it came on. */
export function listenerFor(house: Countersign): Listener {
  const { random, clock, log } = house.context;
  return getRequestListener((request, { incoming }) => house.fetch(request, { incoming }), {
    // Countersign may share its process with others, whose Request and Response stay Node's own.
    overrideGlobalObjects: false,
    errorHandler(error) {
      const requestId = timeOrderedHex(random, clock.now());
      if (error instanceof RequestError) return respond(problem(unreadable), requestId);
      // The house answers its own faults; this is for the one that it could not.
      log.error({ err: error, request_id: requestId }, 'a request met a fault');
      return respond(problem(broken), requestId);
    },
  });
}

const unreadable: Problem = {
  status: 400,
  code: 'invalid_request',
  detail: 'The Host header or the path can not be read.',
};

const broken: Problem = {
  status: 500,
  code: 'internal_error',
  detail: 'Something is broken here. Tell the operator the request id.',
};
