import { z } from 'zod';
import type { Refusal } from '../../../base/outcome.ts';
import type { RequestContext } from '../../../engine/context.ts';
import { factorLabel } from '../../../engine/directory/profile.ts';
import { browseAuthenticators, confirm, enroll, ownProfile } from '../../../engine/operations.ts';
import type { Reason } from '../../../engine/reasons.ts';
import type { Enroller } from '../../../engine/session/authenticate-enroller.ts';
import { isKind, type Kind } from '../../../factors/registry.ts';
import { readEmailAddress, readPhoneNumber } from '../../../messages/destinations.ts';
import { route, type Reply, type Route } from '../../route.ts';
import { codeSentences, failedToSend } from '../shared/both-factors.ts';
import { confirmationOf, inputIn, inputMembers, isConfirmed, secondsBeyond } from '../shared/factor-members.ts';
import { qrCode } from '../shared/qr-code.ts';
import { badRequest, declined, required, say, sentences } from './dialect.ts';
import { statusOf, statusView } from './status.ts';

const tag = 'Self-service';

const requestPath = (method: string) => `/mfa/${method}/request`;

const asked = { method: 'put', access: 'enroller', administers: 'never', tag, say } as const;

const pendingView = z.strictObject({
  enabled: z.literal(false),
  phone_number: z.string().optional(),
  email: z.string().optional(),
});

/** Who had to enrol before they got in is in. */
const enabledView = statusView.extend({ token: z.string().optional() }).meta({ id: 'MfaEnabled' });

/** The methods that Deux turns on in two steps, in its own words: a request, which sends or shows something, and a code that verifies it. */
const ownRequests = [
  route({
    ...asked,
    path: requestPath('sms'),
    summary: 'Begin to enable codes by text message',
    description: 'The code is sent. The number is E.164, or 7 to 15 digits read in the default region.',
    body: z.strictObject({ phone_number: z.string().max(64) }),
    responses: { 200: { description: 'Sent.', body: pendingView } },
    async handle({ ctx, caller, body }) {
      const number = readPhoneNumber(body.phone_number, ctx.settings.region);
      if (await isEnabled(ctx, caller, 'sms')) return badRequest(sentences.alreadyEnabled);
      if (!number.ok) return badRequest(sentences.phoneNumber);
      const begun = await begin(ctx, caller, 'sms', number.value);
      if (begun.ok) return { status: 200, json: { enabled: false, phone_number: number.value } };
      return declinedToSend(begun, 'sms', sentences.phoneNumber);
    },
  }),
  route({
    ...asked,
    path: requestPath('email'),
    summary: 'Begin to enable codes by e-mail',
    description: "The code is sent to the address given, or else to the user's own.",
    body: z.strictObject({ email: z.string().max(254).optional() }),
    responses: { 200: { description: 'Sent.', body: pendingView } },
    async handle({ ctx, caller, body }) {
      if (await isEnabled(ctx, caller, 'email')) return badRequest(sentences.alreadyEnabled);
      const given = body.email ?? (await ownProfile(ctx, caller))?.email;
      if (given === undefined || given === null) return badRequest({ email: [required] });
      const address = readEmailAddress(given);
      if (!address.ok) return badRequest(sentences.email);
      const begun = await begin(ctx, caller, 'email', address.value);
      if (begun.ok) return { status: 200, json: { enabled: false, email: address.value } };
      return declinedToSend(begun, 'email', sentences.email);
    },
  }),
  route({
    ...asked,
    path: requestPath('totp'),
    summary: 'Begin to enable an authenticator app',
    body: z.strictObject({ label: factorLabel.optional() }),
    responses: {
      200: {
        description: 'What the app needs, shown this once.',
        body: z.strictObject({
          enabled: z.literal(false),
          secret: z.string(),
          otpauth_url: z.string(),
          qr: z.string(),
        }),
      },
    },
    async handle({ ctx, caller, body }) {
      if (await isEnabled(ctx, caller, 'totp')) return badRequest(sentences.alreadyEnabled);
      const begun = await enroll(ctx, caller, { kind: 'totp', label: body.label ?? null, input: {} });
      if (!begun.ok) return declined(begun);
      const { offer } = begun.value;
      return { status: 200, json: { enabled: false, ...offer, qr: qrCode(String(offer['otpauth_url'])) } };
    },
  }),
] as const;

const ownMethods = ['sms', 'email', 'totp'] as const;

const otherMethods = secondsBeyond(ownMethods);

export const enrollmentRoutes: readonly Route[] = [
  ...ownRequests,
  ...otherMethods.map(requestRoute),
  ...[...ownMethods, ...otherMethods].filter(isConfirmed).map(verifyRoute),
  ...(isKind('webauthn') ? [] : [notYet('request'), notYet('verify')]),
];

/** Of a factor for which the dialect has no words of its own: what it needs comes in, and what it shows goes out. */
function requestRoute(kind: Kind): Route {
  return route({
    ...asked,
    path: requestPath(kind),
    summary: `Begin to enable ${kind}`,
    body: z.strictObject({ ...inputMembers(kind), label: factorLabel.optional() }),
    responses: { 200: { description: 'What it shows, this once.', body: z.looseObject({ enabled: z.boolean() }) } },
    async handle({ ctx, caller, body }) {
      const given = { kind, label: body.label ?? null, input: inputIn(kind, body) };
      const begun = await enroll(ctx, caller, given);
      if (!begun.ok) return begun.reason === 'too_many' ? badRequest(sentences.alreadyEnabled) : declined(begun);
      const { authenticator, offer } = begun.value;
      return { status: 200, json: { ...offer, enabled: authenticator.status === 'active' } };
    },
  });
}

function verifyRoute(method: Kind): Route {
  return route({
    ...asked,
    path: `/mfa/${method}/verify`,
    summary: `Enable ${method} with a code`,
    body: z.strictObject({ mfa_code: confirmationOf([method]) }),
    responses: { 200: { description: 'It is enabled.', body: enabledView } },
    async handle({ ctx, caller, body }) {
      const own = (await browseAuthenticators(ctx, { id: caller.userId })).filter(({ kind }) => kind === method);
      if (own.some(({ status }) => status === 'active')) return badRequest(sentences.alreadyEnabled);
      const wrong = badRequest({ mfa_code: [codeSentences.code] });
      // Without a request there is nothing to verify; that, too, is told only to who may enrol.
      const pending = own.find(({ status }) => status === 'pending');
      const given = { authenticatorId: pending?.id ?? '', reply: body.mfa_code, withoutRecoveryCodes: true } as const;
      const confirmed = await confirm(ctx, caller, given);
      const token = confirmed.ok ? confirmed.value.token : undefined;
      if (confirmed.ok)
        return { status: 200, json: { ...(await statusOf(ctx, caller)), ...(token !== undefined && { token }) } };
      // Another request was faster.
      if (confirmed.reason === 'already_confirmed') return badRequest(sentences.alreadyEnabled);
      return isWrongCode(confirmed.reason) ? wrong : declined(confirmed);
    },
  });
}

const isWrongCode = (reason: Reason) => ['wrong', 'replayed', 'malformed_reply', 'not_found', 'raced'].includes(reason);

/** Passkeys have their place in the dialect, and come with their own feature. */
function notYet(step: 'request' | 'verify'): Route {
  const detail = 'Passkeys are not available yet.';
  return route({
    ...asked,
    path: `/mfa/webauthn/${step}`,
    summary: `Passkeys: ${step} (not available yet)`,
    responses: { 501: { description: detail, body: z.strictObject({ detail: z.string() }) } },
    handle: async () => say({ status: 501, code: 'not_implemented', detail }),
  });
}

async function isEnabled(ctx: RequestContext, caller: Enroller, method: Kind): Promise<boolean> {
  const own = await browseAuthenticators(ctx, { id: caller.userId });
  return own.some(({ kind, status }) => kind === method && status === 'active');
}

function begin(ctx: RequestContext, caller: Enroller, kind: 'sms' | 'email', destination: string) {
  return enroll(ctx, caller, { kind, label: null, input: { destination } });
}

/** The user's mistake, ours, or neither's. */
function declinedToSend(refusal: Refusal<Reason>, kind: 'sms' | 'email', invalid: unknown): Reply {
  const { reason } = refusal;
  if (reason === 'too_many') return badRequest(sentences.alreadyEnabled);
  if (reason === 'invalid_destination' || reason === 'not_allowed') return badRequest(invalid);
  if (reason === 'gateway_failed' || reason === 'no_gateway') return badRequest({ detail: failedToSend(kind) });
  return declined(refusal);
}
