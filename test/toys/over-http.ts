import { serve } from '../client/ways.ts';
import type { TestDatabase } from '../../kit/databases.ts';
import { caller, startServer, type Server } from '../../kit/server.ts';

/** A server that is asked through a socket. */
export async function startOverHttp(on: TestDatabase): Promise<Server> {
  const server = await startServer({ on });
  const { countersign } = server;
  const served = await serve(countersign.listener);
  const fetch = (request: Request) => {
    const { pathname, search } = new URL(request.url);
    return globalThis.fetch(new Request(new URL(`${pathname}${search}`, served.url), request));
  };
  return {
    ...server,
    call: caller({ fetch, routes: countersign.routes }, []),
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
