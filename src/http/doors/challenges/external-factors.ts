import { z } from 'zod';
import type { Service } from '../../../engine/challenge/challenge-actor.ts';
import type { RequestContext } from '../../../engine/context.ts';
import { accountReference } from '../../../engine/directory/profile.ts';
import type { ServiceActor } from '../../../engine/session/enrollment-actor.ts';
import {
  browseAuthenticators,
  codesLeft,
  confirm,
  enroll,
  manageExternalUser,
  reachExternalUser,
  remove,
  renewRecoveryCodes,
  secondFactors,
} from '../../../engine/operations.ts';
import type { User } from '../../../store/users.ts';
import { route, type Reply, type Route } from '../../route.ts';
import { refused, type Declined } from '../../errors/reasons.ts';
import { codesView } from '../shared/codes-view.ts';
import { ownFactors } from '../shared/external-user.ts';
import { viewFactor } from '../shared/factor-view.ts';
import {
  confirmation,
  confirmedView,
  factorsView,
  inputOf,
  newFactor,
  pendingView,
  proof,
  viewPending,
} from './external-shapes.ts';
import { externalId } from './external-users.ts';

const common = { access: 'service', tag: 'External users' } as const;

const ofUser = z.strictObject({ externalId });
const ofFactor = z.strictObject({ externalId, factorId: z.uuid() });
const inAccount = z.object({ account: accountReference.optional() });

/** A service enrolls and removes the second factors of its own users through these routes. */
export const externalFactorRoutes: readonly Route[] = [
  route({
    ...common,
    method: 'get',
    path: '/users/{externalId}/factors',
    summary: "List the second factors of a service's user",
    params: ofUser,
    query: inAccount,
    responses: {
      200: {
        description: 'The confirmed factors.',
        body: factorsView,
      },
    },
    handle: (request) =>
      withUser(request, async (user) => {
        const all = await browseAuthenticators(request.ctx, user);
        const factors = secondFactors(all).map(viewFactor);
        return { status: 200, json: { enabled: factors.length > 0, factors, recovery_codes_left: codesLeft(all) } };
      }),
  }),
  route({
    ...common,
    method: 'post',
    path: '/users/{externalId}/factors',
    summary: "Begin to enroll a second factor for a service's user",
    description:
      'The factor is active after one of its codes has confirmed it, within ten minutes. A user who already has a second factor completes a challenge first, which `challenge_id` names.',
    params: ofUser,
    query: inAccount,
    body: newFactor,
    responses: {
      201: { description: 'The pending factor. A code by SMS or e-mail is being sent.', body: pendingView },
    },
    handle: (request) =>
      managing(request, request.body.challenge_id, async (manager, user) => {
        const { ctx, body } = request;
        const read = inputOf(body, user, ctx.settings.region);
        if (!read.ok) return read.response;
        const person = { name: user.email ?? user.name };
        const given = { kind: body.type, label: body.label ?? null, input: read.input, person };
        const begun = await enroll(ctx, manager, given);
        if (!begun.ok) return refusedHere(begun);
        return { status: 201, json: viewPending(begun.value) };
      }),
  }),
  route({
    ...common,
    method: 'post',
    path: '/users/{externalId}/factors/{factorId}/confirm',
    summary: 'Confirm a factor with one of its codes',
    params: ofFactor,
    query: inAccount,
    body: confirmation,
    responses: {
      200: {
        description: 'The factor is active. Recovery codes, if there were none, are shown only once.',
        body: confirmedView,
      },
    },
    handle: (request) =>
      managing(request, request.body.challenge_id, async (manager, user) => {
        const { ctx, params, body } = request;
        const { factorId } = params;
        const pending = (await browseAuthenticators(ctx, user)).find(({ id }) => id === factorId);
        const confirmed = await confirm(ctx, manager, { authenticatorId: factorId, response: body.code });
        if (!confirmed.ok) return refusedHere(confirmed);
        const { recoveryCodes: recovery_codes } = confirmed.value;
        return { status: 200, json: { id: factorId, type: pending?.kind, recovery_codes } };
      }),
  }),
  route({
    ...common,
    method: 'delete',
    path: '/users/{externalId}/factors/{factorId}',
    summary: "Remove a factor of a service's user",
    description:
      'The recovery codes are removed with the last factor. `challenge_id` names a challenge that the user has completed.',
    params: ofFactor,
    query: inAccount.extend({ challenge_id: proof }),
    responses: { 204: { description: 'The factor was removed, and every session of the user has ended.' } },
    handle: (request) =>
      managing(request, request.query.challenge_id, async (manager, user) => {
        const { ctx, params } = request;
        const removed = await remove(ctx, manager, { user, authenticatorId: params.factorId });
        return removed.ok ? { status: 204 } : refusedHere(removed);
      }),
  }),
  route({
    ...common,
    method: 'post',
    path: '/users/{externalId}/recovery-codes',
    summary: "Renew the recovery codes of a service's user",
    description: 'The old ones stop working. `challenge_id` names a challenge that the user has completed.',
    params: ofUser,
    query: inAccount,
    body: z.strictObject({ challenge_id: proof }),
    responses: { 200: { description: 'Ten new codes, shown only once.', body: codesView } },
    handle: (request) =>
      managing(request, request.body.challenge_id, async (manager) => {
        const codes = await renewRecoveryCodes(request.ctx, manager);
        return codes.ok ? { status: 200, json: { codes: codes.value.codes } } : refusedHere(codes);
      }),
  }),
];

type ExternalUserRequest = {
  readonly ctx: RequestContext;
  readonly caller: Service;
  readonly params: z.infer<typeof ofUser>;
  readonly query: z.infer<typeof inAccount>;
};

async function withUser(
  { ctx, caller, params: { externalId: id }, query: { account } }: ExternalUserRequest,
  handle: (user: User) => Promise<Reply>,
): Promise<Reply> {
  const user = await reachExternalUser(ctx, caller, { externalId: id, account });
  return user.ok ? handle(user.value) : refused(user);
}

/** `challengeId` names the challenge by which the user agrees. */
function managing(
  request: ExternalUserRequest,
  challengeId: string | undefined,
  handle: (manager: ServiceActor, user: User) => Promise<Reply>,
): Promise<Reply> {
  return withUser(request, async (user) => {
    const manager = await manageExternalUser(request.ctx, request.caller, { user, challengeId });
    return manager.ok ? handle(manager.value, user) : refused(manager, { forbidden: ownFactors });
  });
}

/** A service has no session that could step up, so its user completes a challenge. */
const refusedHere = (refusal: Declined) =>
  refused(refusal, {
    step_up_required: {
      detail:
        'The user has a second factor: complete a challenge without an action, and send its id as `challenge_id`.',
    },
  });
