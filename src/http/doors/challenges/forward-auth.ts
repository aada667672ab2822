import { z } from 'zod';
import { isEnough, assuranceOf, type RequiredAssurance } from '../../../engine/session/assurance.ts';
import { problem } from '../../errors/problem.ts';
import { route, type Route } from '../../route.ts';

const query = z.object({
  acr_values: z.enum(['aal1', 'aal2']).optional(),
  max_age: z
    .string()
    .regex(/^\d{1,8}$/, 'must be a number of seconds')
    .transform(Number)
    .optional(),
  /** With spaces between them. */
  amr: z
    .string()
    .max(256)
    .regex(/^[a-z0-9]+(?: [a-z0-9]+)*$/, 'must be methods with spaces between them')
    .optional(),
});

/** For a proxy that asks before it lets a request through: nginx's `auth_request`, Caddy's and Traefik's `forward_auth`. */
export const forwardAuthRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/forward-auth',
    access: 'session',
    tag: 'Step-up',
    summary: 'Let a proxy ask whether a session is enough',
    description:
      'Of the request that the proxy asks about it needs the credential alone. What it wants stands in the query of the URL that it is configured with; what a session lacks is said as in RFC 9470.',
    query,
    responses: { 204: { description: 'Let it through. Headers say whose session it is.' } },
    async handle({ ctx, caller, query: { acr_values: acr, max_age: maxAge, amr } }) {
      const wanted = { acr, maxAge, amr: amr?.split(' ') };
      if (!isEnough(caller, wanted, ctx.now)) return insufficient(wanted);
      const { userId, accountId } = caller;
      const headers = {
        'X-Auth-User': userId,
        'X-Auth-Account': accountId,
        'X-Auth-Acr': assuranceOf(caller),
        'X-Auth-Amr': caller.amr.join(' '),
      };
      return { status: 204, headers };
    },
  }),
];

/** RFC 9470 section 3. What was wanted beyond `acr_values` and `max_age` has no parameter there. */
function insufficient({ acr, maxAge }: RequiredAssurance) {
  const parameters = [
    'Bearer error="insufficient_user_authentication"',
    ...(acr === undefined ? [] : [`acr_values="${acr}"`]),
    ...(maxAge === undefined ? [] : [`max_age="${maxAge}"`]),
  ];
  return problem({
    status: 401,
    code: 'insufficient_user_authentication',
    detail: 'This needs a session that was proven better, or more lately. Step up, and send the next token.',
    headers: { 'WWW-Authenticate': parameters.join(', ') },
  });
}
