import { z } from 'zod';
import { rootPage } from '../../describe/root-page.ts';
import { route, type Route } from '../../route.ts';
import { byAccept } from './by-accept.ts';

const rootView = z.strictObject({
  name: z.literal('Countersign'),
  version: z.string(),
  docs: z.string(),
  openapi: z.string(),
});

type ServerInfo = {
  readonly version: string;
  /** The server's URL without a slash at the end, and the path in it. */
  readonly url: string;
  readonly path: string;
};

/** The server's name and version, and the links to its documentation. A browser names HTML in `Accept` and gets a page. */
export function rootRoute({ version, url, path }: ServerInfo): Route {
  const json = { name: 'Countersign', version, docs: `${url}/docs`, openapi: `${url}/openapi.json` };
  return route({
    method: 'get',
    path: '/',
    access: 'anyone',
    tag: 'Server',
    summary: 'Find the version and the documentation',
    responses: {
      200: {
        description: 'The name, the version and the links to the documentation; browsers get a page.',
        body: rootView,
        page: true,
      },
    },
    handle: ({ headers }) => byAccept(headers, { json, page: () => rootPage(path) }),
  });
}
