import { z } from 'zod';
import { refuse } from '../../../base/outcome.ts';
import { isEnough, assuranceOf, type RequiredAssurance } from '../../../engine/session/assurance.ts';
import { problem } from '../../errors/problem.ts';
import { refused } from '../../errors/reasons.ts';
import { route, type Route } from '../../route.ts';

const query = z.object({
  acr_values: z.enum(['aal1', 'aal2']).optional(),
  max_age: z
    .string()
    .regex(/^\d{1,8}$/, 'must be a number of seconds')
    .transform(Number)
    .optional(),
  /** Separated by spaces. */
  amr: z
    .string()
    .max(256)
    .regex(/^[a-z0-9]+(?: [a-z0-9]+)*$/, 'must be methods separated by spaces')
    .optional(),
  /** The OAuth2 clients whose tokens are accepted, separated by spaces. */
  client: z
    .string()
    .max(1024)
    .regex(/^[0-9a-f-]{36}(?: [0-9a-f-]{36})*$/, 'must be ids of clients separated by spaces')
    .optional(),
});

/** For a proxy that asks before it forwards a request: nginx's `auth_request`, Caddy's and Traefik's `forward_auth`. */
export const forwardAuthRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/forward-auth',
    access: 'session',
    scope: 'none',
    tag: 'Step-up',
    summary: 'Check a session for a proxy',
    description:
      'The proxy sends the credential of the request that it checks. The query of the configured URL says what is required; a session that does not meet it is answered as in RFC 9470. Tokens of OAuth2 clients are refused, except those of the clients that `client` names.',
    query,
    responses: { 204: { description: 'The session meets the requirements. Headers name its user.' } },
    async handle({ ctx, caller, query: { acr_values: acr, max_age: maxAge, amr, client } }) {
      // Such a token was given to an application, not to the resources behind the proxy.
      if (caller.clientId !== null && !client?.split(' ').includes(caller.clientId))
        return refused(refuse('insufficient_scope'), ofAnotherClient);
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

const ofAnotherClient = {
  insufficient_scope: {
    detail: 'The token is of an OAuth 2.0 client. Name the id of the client in `client` to accept it.',
  },
};

/** RFC 9470 section 3. It has parameters only for `acr_values` and `max_age`, so a missing `amr` is not named. */
function insufficient({ acr, maxAge }: RequiredAssurance) {
  const parameters = [
    'Bearer error="insufficient_user_authentication"',
    ...(acr === undefined ? [] : [`acr_values="${acr}"`]),
    ...(maxAge === undefined ? [] : [`max_age="${maxAge}"`]),
  ];
  return problem({
    status: 401,
    code: 'insufficient_user_authentication',
    detail: 'Stronger or more recent authentication is required (step up).',
    headers: { 'WWW-Authenticate': parameters.join(', ') },
  });
}
