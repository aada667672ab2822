import { z } from 'zod';
import { refuse } from '../../../base/outcome.ts';
import { problemPage } from '../../describe/problem-page.ts';
import { problemsPage } from '../../describe/problems-page.ts';
import { problemType } from '../../errors/problem.ts';
import { refused } from '../../errors/reasons.ts';
import { isProblemCode, meaningOf, problemCodes, type ProblemCode } from '../../problem-codes/index.ts';
import { route, type Route } from '../../route.ts';
import { byAccept } from './by-accept.ts';

const meaningView = z
  .strictObject({
    type: z.string(),
    code: z.string(),
    statuses: z.array(z.int()),
    when: z.string(),
    action: z.string(),
  })
  .meta({ id: 'ProblemMeaning' });

type ServerPlace = { readonly url: string; readonly path: string };

const meaning = (code: ProblemCode, { url }: ServerPlace) => ({
  type: problemType(code, url),
  code,
  ...meaningOf(code),
});

/** The list of problem codes, and the page of each, at the URL in the problem's `type`. `url` is the server's; `path` is the path in it. */
export const problemRoutes = (place: ServerPlace): readonly Route[] => [
  route({
    method: 'get',
    path: '/problems',
    access: 'anyone',
    tag: 'Server',
    summary: 'List the error codes',
    responses: {
      200: { description: 'Every code with its meaning; browsers get a page.', body: z.array(meaningView), page: true },
    },
    handle: async ({ headers }) =>
      byAccept(headers, {
        json: problemCodes.map((code) => meaning(code, place)),
        page: () => problemsPage(place.path),
      }),
  }),
  route({
    method: 'get',
    path: '/problems/{code}',
    access: 'anyone',
    tag: 'Server',
    summary: 'Explain an error code',
    params: z.object({ code: z.string().max(64) }),
    responses: {
      200: {
        description: 'When the error occurs, and what to do; browsers get a page.',
        body: meaningView,
        page: true,
      },
    },
    async handle({ params: { code }, headers }) {
      if (!isProblemCode(code)) return refused(refuse('not_found'));
      return byAccept(headers, { json: meaning(code, place), page: () => problemPage(code, place.path) });
    },
  }),
];
