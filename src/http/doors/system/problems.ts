import { z } from 'zod';
import { refuse } from '../../../base/outcome.ts';
import { problemPage } from '../../describe/problem-page.ts';
import { problemType } from '../../errors/problem.ts';
import { refused } from '../../errors/reasons.ts';
import { isProblemCode, meaningOf } from '../../problem-codes/index.ts';
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

/** The page of every problem code, at the URL in the problem's `type`. `url` is the server's; `path` is the path in it. */
export const problemRoute = ({ url, path }: { readonly url: string; readonly path: string }): Route =>
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
      const json = { type: problemType(code, url), code, ...meaningOf(code) };
      return byAccept(headers, { json, page: () => problemPage(code, path) });
    },
  });
