import { z } from 'zod';
import type { Outcome, Refusal } from '../../../base/outcome.ts';
import type { RequestContext } from '../../../engine/context.ts';
import { factorLabel } from '../../../engine/directory/profile.ts';
import { confirm, enroll, ownProfile } from '../../../engine/operations.ts';
import type { Reason } from '../../../engine/reasons.ts';
import type { EnrollmentActor } from '../../../engine/session/enrollment-actor.ts';
import { isKind, type Kind } from '../../../factors/registry.ts';
import { readEmailAddress, readPhoneNumber } from '../../../messages/destinations.ts';
import type { Declined } from '../../errors/reasons.ts';
import { route, type Reply, type Route } from '../../route.ts';
import { codeSentences, failedToSend } from '../shared/both-factors.ts';
import { confirmationOf, inputIn, inputMembers, isConfirmed, otherSecondFactors } from '../shared/factor-members.ts';
import { qrCode } from '../shared/qr-code.ts';
import { badRequest, declined, required, formatProblem, sentences } from './dialect.ts';
import { statusOf, statusView } from './status.ts';

const tag = 'Self-service';

/** In Deux a method is enabled or not, so a user has at most one factor of each. */
const limit = 1;

const requestPath = (method: string) => `/mfa/${method}/request`;

const common = {
  method: 'put',
  access: 'enrollment',
  administers: 'never',
  needsFreshProof: true,
  scope: 'mfa',
  tag,
  formatProblem,
} as const;

const pendingView = z.strictObject({
  enabled: z.literal(false),
  phone_number: z.string().optional(),
  email: z.string().optional(),
});

/** `token` is set for a user who had to enroll before they could log in. The token of a session is raised instead. */
const enabledView = statusView.extend({ token: z.string().optional() }).meta({ id: 'MfaEnabled' });

/** Deux enables its own methods in two steps: a request sends or shows something, and a code verifies it. */
const ownRequests = [
  route({
    ...common,
    path: requestPath('sms'),
    summary: 'Begin to enable codes by text message',
    description: 'The code is sent. The number is E.164, or 7 to 15 digits read in the default region.',
    body: z.strictObject({ phone_number: z.string().max(64) }),
    responses: { 200: { description: 'Sent.', body: pendingView } },
    async handle({ ctx, caller, body }) {
      const read = readPhoneNumber(body.phone_number, ctx.settings.region);
      const begun = await begin(ctx, caller, { kind: 'sms', read });
      if (begun.ok) return { status: 200, json: { enabled: false, phone_number: begun.value } };
      return declinedToSend(begun, 'sms', sentences.phoneNumber);
    },
  }),
  route({
    ...common,
    path: requestPath('email'),
    summary: 'Begin to enable codes by e-mail',
    description: "The code is sent to the given address, or to the user's own.",
    body: z.strictObject({ email: z.string().max(254).optional() }),
    responses: { 200: { description: 'Sent.', body: pendingView } },
    async handle({ ctx, caller, body }) {
      const given = body.email ?? (await ownProfile(ctx, caller))?.email ?? undefined;
      const begun = await begin(ctx, caller, { kind: 'email', read: readEmailAddress(given ?? '') });
      if (begun.ok) return { status: 200, json: { enabled: false, email: begun.value } };
      return declinedToSend(begun, 'email', given === undefined ? { email: [required] } : sentences.email);
    },
  }),
  route({
    ...common,
    path: requestPath('totp'),
    summary: 'Begin to enable an authenticator app',
    body: z.strictObject({ label: factorLabel.optional() }),
    responses: {
      200: {
        description: 'The secret for the app, shown only once.',
        body: z.strictObject({
          enabled: z.literal(false),
          secret: z.string(),
          otpauth_url: z.string(),
          qr: z.string(),
        }),
      },
    },
    async handle({ ctx, caller, body }) {
      const begun = await enroll(ctx, caller, { kind: 'totp', label: body.label ?? null, input: {}, limit });
      if (!begun.ok) return declinedToEnable(begun);
      const { offer } = begun.value;
      return { status: 200, json: { enabled: false, ...offer, qr: qrCode(String(offer['otpauth_url'])) } };
    },
  }),
] as const;

const ownMethods = ['sms', 'email', 'totp'] as const;

const otherMethods = otherSecondFactors(ownMethods);

export const enrollmentRoutes: readonly Route[] = [
  ...ownRequests,
  ...otherMethods.map(requestRoute),
  ...[...ownMethods, ...otherMethods].filter(isConfirmed).map(verifyRoute),
  ...(isKind('webauthn') ? [] : [notYet('request'), notYet('verify')]),
];

/** For kinds without a body of their own in this dialect, the factor gives the members of the body and of the answer. */
function requestRoute(kind: Kind): Route {
  return route({
    ...common,
    path: requestPath(kind),
    summary: `Begin to enable ${kind}`,
    body: z.strictObject({ ...inputMembers(kind), label: factorLabel.optional() }),
    responses: {
      200: { description: 'The data for the factor, shown only once.', body: z.looseObject({ enabled: z.boolean() }) },
    },
    async handle({ ctx, caller, body }) {
      const given = { kind, label: body.label ?? null, input: inputIn(kind, body) };
      const begun = await enroll(ctx, caller, given);
      if (!begun.ok) return declinedToEnable(begun);
      const { authenticator, offer } = begun.value;
      return { status: 200, json: { ...offer, enabled: authenticator.status === 'active' } };
    },
  });
}

function verifyRoute(method: Kind): Route {
  return route({
    ...common,
    path: `/mfa/${method}/verify`,
    summary: `Enable ${method} with a code`,
    body: z.strictObject({ mfa_code: confirmationOf([method]) }),
    responses: { 200: { description: 'It is enabled.', body: enabledView } },
    async handle({ ctx, caller, body }) {
      const given = { awaited: { kind: method, limit }, response: body.mfa_code } as const;
      const confirmed = await confirm(ctx, caller, { ...given, withoutRecoveryCodes: true, raisesToken: true });
      if (!confirmed.ok) {
        const wrong = badRequest({ mfa_code: [codeSentences.code] });
        return isWrongCode(confirmed.reason) ? wrong : declinedToEnable(confirmed);
      }
      const token = caller.type === 'enrollment' ? confirmed.value.token : undefined;
      return { status: 200, json: { ...(await statusOf(ctx, caller)), ...(token !== undefined && { token }) } };
    },
  });
}

/** Without a request there is nothing to verify; that is answered like a wrong code. */
const isWrongCode = (reason: Reason) => ['wrong', 'replayed', 'malformed_reply', 'not_found', 'raced'].includes(reason);

/** The dialect has paths for passkeys, also where no such factor exists. */
function notYet(step: 'request' | 'verify'): Route {
  const detail = 'Passkeys are not available yet.';
  return route({
    ...common,
    path: `/mfa/webauthn/${step}`,
    summary: `Passkeys: ${step} (not available yet)`,
    responses: { 501: { description: detail, body: z.strictObject({ detail: z.string() }) } },
    handle: async () => formatProblem({ status: 501, code: 'not_implemented', detail }),
  });
}

type BegunDestination = { readonly kind: 'sms' | 'email'; readonly read: Outcome<string, Reason> };

/** Begins to enable codes to a destination. An invalid destination is left out at first, because an enabled method is the first error to report. */
async function begin(
  ctx: RequestContext,
  caller: EnrollmentActor,
  { kind, read }: BegunDestination,
): Promise<Outcome<string, Reason>> {
  const input = read.ok ? { destination: read.value } : {};
  const begun = await enroll(ctx, caller, { kind, label: null, input, limit });
  if (!begun.ok && (read.ok || begun.reason === 'too_many')) return begun;
  return read;
}

/** Distinguishes a wrong destination from a message that could not be sent; Deux has a sentence for each. */
function declinedToSend(refusal: Refusal<Reason>, kind: 'sms' | 'email', invalid: unknown): Reply {
  const { reason } = refusal;
  if (reason === 'invalid_destination' || reason === 'not_allowed') return badRequest(invalid);
  if (reason === 'gateway_failed' || reason === 'no_gateway') return badRequest({ detail: failedToSend(kind) });
  return declinedToEnable(refusal);
}

const declinedToEnable = (refusal: Declined) =>
  refusal.reason === 'too_many' ? badRequest(sentences.alreadyEnabled) : declined(refusal);
