import { getRequestListener } from '@hono/node-server';
import { timeOrderedHex } from '../base/random.ts';
import type { Countersign } from '../countersign.ts';
import { respond } from '../http/app.ts';
import { problem } from '../http/problem.ts';
import type { Listener } from './listen.ts';

/** Hands a request of Node's server to the house, with the socket it came on. */
export function listenerFor(house: Countersign): Listener {
  return getRequestListener((request, { incoming }) => house.fetch(request, { incoming }), {
    // Countersign may share its process with others, whose Request and Response stay Node's own.
    overrideGlobalObjects: false,
    // The house answers its own faults, so this is a request that is no URL: a Host or a path that can't be read.
    errorHandler: () => {
      const detail = 'The Host header or the path can not be read.';
      const { random, clock } = house.context;
      return respond(problem({ status: 400, code: 'invalid_request', detail }), timeOrderedHex(random, clock.now()));
    },
  });
}
