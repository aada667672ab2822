import { z } from 'zod';
import type { ChallengeActor } from '../../../engine/challenge/challenge-actor.ts';
import type { ReachedChallenge } from '../../../engine/challenge/reach-challenge.ts';
import type { RequestContext } from '../../../engine/context.ts';
import {
  answerLogin,
  answerChallenge,
  createChallenge,
  grantTokens,
  reachChallenge,
  reachFactor,
  redeemAssertion,
  sendCode,
} from '../../../engine/operations.ts';
import { factorOf } from '../../../factors/registry.ts';
import type { Challenge } from '../../../store/challenge-rows.ts';
import { problem } from '../../errors/problem.ts';
import { refused } from '../../errors/reasons.ts';
import { asWrongCode } from '../shared/invalid-code.ts';
import { granted, grantedView } from '../shared/granted-view.ts';
import { viewTokens } from '../shared/tokens-view.ts';
import { route, type Problem, type Reply, type Route } from '../../route.ts';
import {
  approvedView,
  challengeStateView,
  challengePath,
  challengeView,
  namedBy,
  newChallenge,
  redeemedView,
  redeeming,
  response,
  sending,
  sentView,
  viewPrompted,
  viewCreatedChallenge,
} from './shapes.ts';

/** For applications that check the first factor themselves, for sessions that step up, and for logins in progress. */
const common = { access: 'challenge', scope: 'none', openToServices: true, tag: 'Challenges' } as const;

export const challengeRoutes: readonly Route[] = [
  route({
    ...common,
    method: 'post',
    administers: 'never',
    path: '/challenges',
    summary: 'Ask a user for a second factor',
    description:
      'A service names a user of its account or one below it; a session challenges its own user, to step up.',
    body: newChallenge,
    responses: {
      200: {
        description: 'The user has no second factor, and none is required.',
        body: z.strictObject({ state: z.literal('not_required') }),
      },
      201: { description: 'The challenge.', body: challengeView },
    },
    async handle({ ctx, caller, body: { user, factors, action, purpose } }) {
      if (caller.type === 'service' && !user)
        return invalid('`user` is required: a service names the user of a challenge.');
      if (caller.type === 'session' && user)
        return invalid('A session creates challenges for its own user only: leave `user` out.');
      const created = await createChallenge(ctx, caller, {
        user: user && namedBy(user),
        kinds: factors,
        action,
        purpose,
      });
      if (!created.ok) return refused(created, { no_authenticator: noSuchFactor });
      if (!created.value) return { status: 200, json: { state: 'not_required' } };
      return { status: 201, json: viewCreatedChallenge(created.value) };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/challenges/{id}',
    summary: 'Read the state of a challenge',
    params: challengePath,
    responses: {
      200: {
        description: 'Its state.',
        body: challengeStateView,
      },
    },
    handle: (request) =>
      withChallenge(request, async ({ challenge: { id, expiresAt }, state }) => ({
        status: 200,
        json: { id, state, expires_at: new Date(expiresAt).toISOString() },
      })),
  }),
  route({
    ...common,
    method: 'post',
    administers: 'never',
    path: '/challenges/{id}/send',
    summary: 'Send a code that answers a challenge',
    description:
      'For a provider with its own prompt, such as Duo, and for a security key, no code is sent: the answer has the data of the prompt.',
    params: challengePath,
    body: sending,
    responses: { 202: { description: 'The code is being sent.', body: sentView } },
    handle: (request) =>
      withChallenge(request, async (reached) => {
        const { ctx, body } = request;
        const { challenge, state } = reached;
        if (state !== 'pending') return refused({ ok: false, reason: 'invalid_challenge' });
        const prompted = await promptedBefore(ctx, challenge, body.factor_id);
        if (prompted) return { status: 202, json: viewPrompted(prompted, challenge) };
        const sent = await sendCode(ctx, { challenge: reached, authenticatorId: body.factor_id });
        if (!sent.ok) return refused(sent);
        const { hint, expiresAt } = sent.value;
        const retry_after = ctx.settings.sending.every / 1000;
        const expires_at = new Date(expiresAt).toISOString();
        return { status: 202, json: { ...(hint !== undefined && { hint }), expires_at, retry_after } };
      }),
  }),
  route({
    ...common,
    method: 'post',
    administers: 'never',
    path: '/challenges/{id}/verify',
    summary: 'Answer a challenge',
    description:
      'A service gets an assertion (a JWT for this service, valid for five minutes), a session its next access token, a login its session. A login that a token endpoint began gets the answer of that endpoint.',
    params: challengePath,
    body: response,
    responses: {
      200: {
        description: 'Approved.',
        body: z.union([approvedView, z.strictObject({ token: z.string() }), grantedView]),
      },
    },
    handle: (request) =>
      withChallenge(request, async (reached) => {
        const { ctx, body } = request;
        const kind =
          body.factor_id === undefined ? undefined : await reachFactor(ctx, reached.challenge, body.factor_id);
        if (kind && !kind.ok) return refused(kind);
        const given = { ...responseOf(body, reached), kind: kind?.value };
        if (reached.type === 'login') {
          const login = await answerLogin(ctx, { ...given, challengeToken: reached.token });
          if (!login.ok) return refused(login, asWrongCode);
          if (login.value.session.clientId !== null) return granted(await grantTokens(ctx, login.value));
          return { status: 200, json: { token: login.value.token } };
        }
        const approved = await answerChallenge(ctx, reached, given);
        if (!approved.ok) return refused(approved, asWrongCode);
        const { userId, amr, acr, assertion, ...tokens } = approved.value;
        const json = { state: 'approved', user_id: userId, amr, acr };
        return {
          status: 200,
          json: { ...json, ...(assertion !== undefined && { assertion }), ...viewTokens(tokens) },
        };
      }),
  }),
  route({
    access: 'service',
    tag: 'Challenges',
    method: 'post',
    path: '/challenges/{id}/redeem',
    summary: 'Redeem the assertion of a challenge, once',
    description:
      "For an application that gets the assertion from its user's browser: one request per assertion is answered 200, every other 409.",
    params: challengePath,
    body: redeeming,
    responses: { 200: { description: 'The assertion is valid, and is now spent.', body: redeemedView } },
    async handle({ ctx, caller: service, params, body }) {
      const redeemed = await redeemAssertion(ctx, service, { challengeId: params.id, assertion: body.assertion });
      if (!redeemed.ok) return refused(redeemed);
      const { userId, amr, acr, purpose, action } = redeemed.value;
      const json = { state: 'approved', user_id: userId, amr, acr };
      return {
        status: 200,
        json: { ...json, ...(purpose !== null && { purpose }), ...(action !== null && { action }) },
      };
    },
  }),
];

const noSuchFactor: Problem = {
  status: 409,
  code: 'no_such_factor',
  detail: 'The user has none of these kinds of factor, but has others.',
  headers: {},
};

/** The response that a body has. A `duo_code` belongs to the prompt of Duo in the challenge. */
function responseOf(
  { code, backup_code, duo_code, duo_sig_response, password }: z.infer<typeof response>,
  { challenge }: ReachedChallenge,
) {
  if (password !== undefined) return { response: password, kind: 'password', role: 'first' as const };
  if (backup_code !== undefined) return { response: backup_code, role: 'recovery' as const };
  if (duo_code !== undefined) {
    const [state = ''] = challenge.prompts.flatMap(({ shown }) => (shown.shape === 'redirect' ? [shown.state] : []));
    return { response: { state, duo_code } };
  }
  return { response: duo_sig_response ?? code, role: 'second' as const };
}

/**
 * The prompt that the challenge already has, of a provider or of the named factor. No code is sent for it. A code that
 * was sent before is sent again.
 */
async function promptedBefore(ctx: RequestContext, challenge: Challenge, factorId: string | undefined) {
  const provided = challenge.prompts.find(({ provider }) => provider !== null);
  if (provided || factorId === undefined) return provided;
  const kind = await reachFactor(ctx, challenge, factorId);
  if (!kind.ok || factorOf(kind.value).traits.sends) return undefined;
  return challenge.prompts.find((one) => one.kind === kind.value);
}

type ChallengeRouteRequest = {
  readonly ctx: RequestContext;
  readonly caller: ChallengeActor;
  readonly params: z.infer<typeof challengePath>;
};

async function withChallenge(
  { ctx, caller, params }: ChallengeRouteRequest,
  handle: (reached: ReachedChallenge) => Promise<Reply>,
): Promise<Reply> {
  const reached = await reachChallenge(ctx, caller, params.id);
  return reached.ok ? handle(reached.value) : refused(reached);
}

const invalid = (detail: string) => problem({ status: 400, code: 'invalid_request', detail });
