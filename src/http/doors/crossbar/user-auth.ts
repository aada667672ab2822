import { z } from 'zod';
import { refuse } from '../../../base/outcome.ts';
import { loginWithBothFactors, accountOf } from '../../../engine/operations.ts';
import type { SecondFactorNeeded } from '../../../engine/login/login-outcome.ts';
import { factorOf } from '../../../factors/registry.ts';
import type { Authenticator } from '../../../store/authenticators.ts';
import { reference } from '../shared/reference.ts';
import { askedByProviders, expiryOfCode, responseMember, settingsOf } from '../shared/second-factor.ts';
import { bearer } from '../../errors/problem.ts';
import { problemOf } from '../../errors/reasons.ts';
import { route, type UnparsedRequest, type Reply, type Route } from '../../route.ts';
import { answered, declined, envelope, inData, formatProblem } from './envelope.ts';
import { hexId } from './shapes.ts';

/** The response to one of several providers, by the provider's name. */
const named = z.strictObject({ provider_name: reference(64), response: responseMember });

const credentials = z
  .strictObject({
    username: reference(8192),
    password: z.string(),
    account_id: reference(128).optional(),
    account_name: reference(128).optional(),
    multi_factor_response: z.union([responseMember, named]).optional(),
  })
  .refine(({ account_id, account_name }) => account_id === undefined || account_name === undefined, {
    message: 'cannot be combined with account_name',
    path: ['account_id'],
  });

const loggedIn = z.strictObject({ account_id: hexId, owner_id: z.uuid(), account_name: z.string() });

export const userAuthRoutes: readonly Route[] = [
  route({
    method: 'put',
    path: '/v2/user_auth',
    access: 'anyone',
    tag: 'Accounts',
    formatProblem,
    summary: 'Log in with a password, and with a second factor if one is needed',
    description:
      'If a second factor is needed, the answer is 401 and `multi_factor_request` says which; repeat the request with `multi_factor_response`.',
    body: inData(credentials),
    responses: { 201: { description: 'Logged in; `auth_token` is the session’s.', body: envelope(loggedIn) } },
    async handle(request) {
      const { username, password, account_id, account_name, multi_factor_response: given } = request.body.data;
      const first = { authModule: 'user_auth', login: username, secret: password } as const;
      const second = given === undefined ? undefined : secondFactorOf(given);
      const account = account_id ?? account_name;
      const outcome = await loginWithBothFactors(request.ctx, { ...first, account, second });
      if (!outcome.ok) return declined(outcome, request, sameProblem);
      if (outcome.value.state === 'challenge') return asks(outcome.value, request);
      const { session, token } = outcome.value;
      const own = await accountOf(request.ctx, outcome.value);
      if (!own.ok) return declined(own, request);
      const data = { account_id: own.value.id, owner_id: session.userId, account_name: own.value.name };
      return answered(request, { data, token }, 201);
    },
  }),
];

function secondFactorOf(given: z.infer<typeof responseMember> | z.infer<typeof named>) {
  return typeof given === 'object' && 'provider_name' in given
    ? { response: given.response, kind: given.provider_name }
    : { response: given };
}

/** Every failure of a first factor has the same answer. A wrong second factor has its own: the client was asked for one already. */
const unknown = problemOf(refuse('unknown_user'));
const sameProblem = {
  wrong: unknown,
  no_authenticator: unknown,
  malformed_reply: unknown,
  raced: unknown,
  wrong_second_factor: { detail: 'The second factor was not validated.' },
};

function asks(needed: SecondFactorNeeded, request: UnparsedRequest): Reply {
  const [asked] = askedByProviders(needed);
  if (asked) return demand(asked.kind, settingsOf(asked.prompt) ?? {}, request);
  const [first, ...others] = needed.anyOf;
  if (!first) throw new Error('a second factor is needed, but the challenge has none');
  const settings = {
    ...settingsFor(first, request),
    ...(others.length > 0 && {
      factors: others.map((other) => ({ provider_name: other.kind, ...settingsFor(other, request) })),
    }),
  };
  return demand(first.kind, settings, request);
}

function demand(provider_name: string, settings: Readonly<Record<string, unknown>>, request: UnparsedRequest): Reply {
  const reply = formatProblem({ status: 401, code: 'invalid_credentials', detail: needed, headers: bearer }, request);
  const data = { message: needed, multi_factor_request: { provider_name, settings } };
  return { ...reply, json: { ...(reply.json as object), data } };
}

const needed = 'client needs to perform second-factor authentication';

/** The settings that a client needs to answer with a factor. */
function settingsFor(authenticator: Authenticator, { ctx }: UnparsedRequest): Readonly<Record<string, unknown>> {
  const { describe, traits } = factorOf(authenticator.kind);
  return { ...describe?.(authenticator.state), ...(traits.sends && { expires_at: expiryOfCode(ctx.clock.now()) }) };
}
