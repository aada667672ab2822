import { z } from 'zod';
import { refuse } from '../../../base/outcome.ts';
import { accountReference } from '../../../engine/directory/profile.ts';
import { answerLogin, login } from '../../../engine/operations.ts';
import { basicCredentials } from '../../server/credentials.ts';
import { problem } from '../../errors/problem.ts';
import { problemOf, refused } from '../../errors/reasons.ts';
import { route, type Problem, type Route } from '../../route.ts';
import { asWrongCode } from '../shared/invalid-code.ts';
import { promptSettings, responseMember, viewProviders } from '../shared/second-factor.ts';

const tag = 'Login';

const tokenView = z.strictObject({ token: z.string() }).meta({ id: 'Token', description: 'An access token.' });

const challengeView = z
  .strictObject({
    mfa_required: z.literal(true),
    challenge_token: z.string(),
    factors: z.array(
      z.strictObject({
        /** Absent for a provider with its own prompt: the user has no authenticator for it. */
        id: z.string().optional(),
        type: z.string(),
        label: z.string().nullable(),
        settings: promptSettings.optional(),
      }),
    ),
  })
  .meta({ id: 'SecondFactorNeeded' });

const headers = { 'WWW-Authenticate': 'Basic realm="countersign", charset="UTF-8"' };
const wrong = { ...problemOf(refuse('unknown_user')), headers };
const missingBasic: Problem = {
  ...wrong,
  code: 'authentication_required',
  detail: 'Send the name and the secret as HTTP Basic.',
};

/** Every failure of a first factor has the same answer, so that none reveals whether the user exists. */
const firstFactorProblems = {
  wrong,
  no_authenticator: wrong,
  unknown_user: wrong,
  raced: wrong,
  malformed_reply: wrong,
};

const passwordLogin = (method: 'get' | 'post'): Route =>
  route({
    method,
    writes: true,
    path: '/auth/password',
    access: 'basic',
    tag,
    summary: 'Log in with a password, an API key or a device secret',
    description:
      "HTTP Basic with the user's name, id or e-mail address. If a second factor is needed, the answer is a redirect to it; the body has the same " +
      'content for clients that do not follow redirects. The challenge token is valid for 3 minutes.',
    query: z.object({ account: accountReference.optional() }),
    responses: {
      200: { description: 'Logged in.', body: tokenView },
      302: { description: 'A second factor is needed.', body: challengeView },
    },
    async handle({ ctx, query, headers: given }) {
      const shown = basicCredentials(given);
      if (!shown) return problem(missingBasic);
      const outcome = await login(ctx, { authModule: 'password', ...query, ...shown });
      if (!outcome.ok) return refused(outcome, firstFactorProblems);
      if (outcome.value.state === 'session') return { status: 200, json: { token: outcome.value.token } };
      const { challengeToken, anyOf } = outcome.value;
      const own = anyOf.map(({ id, kind, label }) => ({ id, type: kind, label }));
      const factors = [...own, ...viewProviders(outcome.value)];
      return {
        status: 302,
        headers: { Location: `${ctx.settings.path}/auth/totp?jwt_token=${challengeToken}` },
        json: { mfa_required: true, challenge_token: challengeToken, factors },
      };
    },
  });

export const authRoutes: readonly Route[] = [
  passwordLogin('get'),
  passwordLogin('post'),
  route({
    method: 'post',
    path: '/auth/totp',
    access: 'anyone',
    tag,
    summary: 'Complete a login with a code',
    description:
      'Send a code of an authenticator app, a recovery code, or the signed response of a provider, with the challenge token in the query or in the body.',
    query: z.object({ jwt_token: z.string().max(256).optional() }),
    body: z.strictObject({ token: responseMember, challenge_token: z.string().max(256).optional() }),
    responses: { 200: { description: 'Logged in, with two factors.', body: tokenView } },
    async handle({ ctx, query, body }) {
      const tokens = new Set([query.jwt_token, body.challenge_token].filter((token) => token !== undefined));
      const [challengeToken] = tokens;
      if (tokens.size > 1 || challengeToken === undefined) {
        const detail = 'Send one challenge token: in the query as `jwt_token` or in the body as `challenge_token`.';
        return problem({ status: 400, code: 'invalid_request', detail });
      }
      const outcome = await answerLogin(ctx, { challengeToken, response: body.token });
      return outcome.ok ? { status: 200, json: { token: outcome.value.token } } : refused(outcome, asWrongCode);
    },
  }),
];
