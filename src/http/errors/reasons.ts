import type { z } from 'zod';
import type { Refusal } from '../../base/outcome.ts';
import type { Reason } from '../../engine/reasons.ts';
import type { EnrollmentOffer, LoginRefusal } from '../../engine/session/offer-enrollment.ts';
import { directoryReasons } from './directory-reasons.ts';
import { sendingReasons } from './sending-reasons.ts';
import { bearer, insufficient, problem, type enrollmentView } from './problem.ts';
import type { Problem, Reply } from '../route.ts';

/** One sentence for every failure of a first factor, so that none reveals whether the user exists. */
const wrongCredentials: Problem = {
  status: 401,
  code: 'invalid_credentials',
  detail: 'The name or the secret is wrong.',
  headers: bearer,
};

/** One sentence for every failure of a second factor, so that none reveals that a code was valid before. */
const wrongCode: Problem = {
  status: 401,
  code: 'invalid_code',
  detail: 'The code is wrong or was already used.',
  headers: bearer,
};

/** The cause is only in the audit log, which administrators may read. */
const unavailable: Problem = {
  status: 401,
  code: 'second_factor_unavailable',
  detail: 'The account requires a second factor that is not available now. Tell its administrator.',
  headers: bearer,
};

/** The engine's reasons, and one that is found before the engine is called: the request has no credential. */
export type ErrorReason = Reason | 'no_token';

/** The problem that a client sees for each reason, in the common dialect. */
const outside = {
  ...directoryReasons,
  unknown_user: wrongCredentials,
  no_authenticator: wrongCredentials,
  wrong: wrongCode,
  wrong_second_factor: wrongCode,
  replayed: wrongCode,
  ...sendingReasons,
  raced: {
    status: 409,
    code: 'conflict',
    detail: 'Another request changed it at the same time. Read it again and repeat.',
  },
  throttled: {
    status: 429,
    code: 'throttled',
    detail: 'Too many failed attempts. Wait, and try again; an administrator can unlock the user.',
  },
  invalid_challenge: {
    status: 401,
    code: 'invalid_challenge',
    detail: 'The challenge is unknown, used or expired. Log in again.',
    headers: bearer,
  },
  invalid_assertion: {
    status: 400,
    code: 'invalid_assertion',
    detail: 'The assertion is not of this challenge and for this service, or it has expired. Create a new challenge.',
  },
  already_redeemed: { status: 409, code: 'already_redeemed', detail: 'The assertion was already redeemed.' },
  malformed_reply: {
    status: 400,
    code: 'invalid_request',
    detail: 'Invalid code: send 6 to 8 digits, or a recovery code, as a string.',
  },
  malformed_input: {
    status: 400,
    code: 'invalid_request',
    detail: 'A member that this kind of secret needs is missing or invalid.',
  },
  invalid_token: {
    status: 401,
    code: 'invalid_token',
    detail: 'The access token is not valid, or its session has ended. Log in again.',
    headers: { 'WWW-Authenticate': 'Bearer realm="countersign", error="invalid_token"' },
  },
  no_token: {
    status: 401,
    code: 'authentication_required',
    detail: 'Authentication credentials were not provided: send `Authorization: Bearer` and an access token.',
    headers: bearer,
  },
  step_up_required: {
    status: 401,
    code: 'insufficient_user_authentication',
    detail: 'This needs a second factor that was proven in the last 15 minutes. Step up, or log in again.',
    headers: insufficient('acr_values="aal2", '),
  },
  login_too_old: {
    status: 401,
    code: 'insufficient_user_authentication',
    detail: 'This needs a login within the last 15 minutes. Log in again, or send `current_password` too.',
    headers: insufficient(''),
  },
  unattended: {
    status: 403,
    code: 'unattended_credential',
    detail: 'A session of an API key or a device secret cannot do this. Log in with a password.',
  },
  module_disabled: {
    status: 403,
    code: 'auth_module_disabled',
    detail: 'This login method is disabled for the account.',
  },
  no_provider: unavailable,
  provider_disabled: unavailable,
  provider_misconfigured: unavailable,
  provider_unavailable: unavailable,
  provider_refused: unavailable,
  provider_nonsense: unavailable,
  unsuitable_user: unavailable,
  mfa_enrollment_required: {
    status: 403,
    code: 'mfa_enrollment_required',
    detail:
      'The account requires a second factor that you have not enrolled. Enroll it, with the enrollment token if the answer has one.',
  },
  unknown_configuration: {
    status: 400,
    code: 'invalid_request',
    detail:
      '`configuration_id` must name a provider of this account, or one that an account above it names for the same module with `include_subaccounts`.',
  },
  weaker_than_inherited: {
    status: 400,
    code: 'weaker_than_inherited',
    detail: 'An account above requires more. A rule can only be tightened below it.',
  },
  forbidden: { status: 403, code: 'forbidden', detail: 'This is only for administrators of the account.' },
  no_service: {
    status: 403,
    code: 'forbidden',
    detail: 'This is only for services: send the API key of a user whose role is service.',
  },
  insufficient_scope: {
    status: 403,
    code: 'insufficient_scope',
    detail: 'The access token of this client does not permit this. Ask for the scope, or log in without the client.',
    headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' },
  },
  not_found: { status: 404, code: 'not_found', detail: 'Not found.' },
  revision_mismatch: {
    status: 412,
    code: 'revision_mismatch',
    detail: '`If-Match` names an old revision. Read it again and repeat.',
  },
  invalid_settings: {
    status: 400,
    code: 'invalid_request',
    detail: 'The settings of this provider are incomplete or invalid.',
  },
  too_many: {
    status: 409,
    code: 'too_many',
    detail: 'The user has the maximum number of secrets of this kind. Remove one first.',
  },
  already_confirmed: { status: 409, code: 'already_enrolled', detail: 'The factor is already enrolled.' },
  invalid_end: {
    status: 400,
    code: 'invalid_request',
    detail: '`expires_at`: expected a time in the future, at most one year from now.',
  },
  current_password_required: {
    status: 401,
    code: 'current_password_required',
    detail: '`current_password` is required to change the password.',
    headers: bearer,
  },
  wrong_current_password: { status: 400, code: 'wrong_current_password', detail: 'The current password is wrong.' },
  password_needed: {
    status: 409,
    code: 'password_needed',
    detail: 'The password cannot be removed. Replace it instead.',
  },
  password_too_common: {
    status: 400,
    code: 'password_too_common',
    detail: 'This password is too common. Choose another.',
  },
  password_is_name: {
    status: 400,
    code: 'password_is_name',
    detail: 'The password must differ from the name. Choose another.',
  },
  mfa_not_enabled: {
    status: 409,
    code: 'mfa_not_enabled',
    detail: 'Two factor authentication is not enabled. Enroll a second factor first.',
  },
  invalid_client: {
    status: 401,
    code: 'invalid_client',
    detail: 'The client is unknown or its secret is wrong.',
    headers: bearer,
  },
  unauthorized_client: { status: 400, code: 'unauthorized_client', detail: 'The client may not use this grant.' },
  invalid_scope: { status: 400, code: 'invalid_scope', detail: 'The client may not have this scope.' },
  invalid_grant: {
    status: 400,
    code: 'invalid_grant',
    detail: 'The refresh token is no longer valid. Log in again.',
  },
  registration_closed: {
    status: 401,
    code: 'registration_closed',
    detail: 'Registration is closed. An administrator can create the user.',
    headers: bearer,
  },
} satisfies Record<ErrorReason, Problem>;

export type Declined = Refusal<ErrorReason> & Pick<LoginRefusal, 'enrollment'>;

/** A refusal of the engine as a problem. `otherwise` replaces parts of it for one door. */
export function problemOf(
  { reason, retryAfter, enrollment }: Declined,
  otherwise: Partial<Record<ErrorReason, Partial<Problem>>> = {},
): Problem {
  const shown: Problem = { ...outside[reason], ...otherwise[reason] };
  if (enrollment) return { ...shown, more: viewEnrollment(enrollment) };
  return retryAfter === undefined
    ? shown
    : { ...shown, headers: { ...shown.headers, 'Retry-After': String(retryAfter) } };
}

/** The same problem as a reply in the common dialect. */
export function refused(refusal: Declined, otherwise: Partial<Record<ErrorReason, Partial<Problem>>> = {}): Reply {
  return problem(problemOf(refusal, otherwise));
}

function viewEnrollment({ token, kind, expiresAt }: EnrollmentOffer): z.infer<typeof enrollmentView> {
  const expires_at = new Date(expiresAt).toISOString();
  return { mfa_enrollment_required: true, mfa_type: kind, enrollment_token: token, expires_at };
}
