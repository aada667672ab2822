import type { ProblemMeanings } from './problem-code.ts';

export const authentication = {
  authentication_required: {
    statuses: [401],
    when: 'The route needs a credential, and the request has none.',
    action: 'Log in, and send `Authorization: Bearer` with the access token.',
  },
  invalid_token: {
    statuses: [401],
    when: 'The token is malformed, expired or revoked, its session has ended, or the request has two different credentials.',
    action: 'Log in again, or use the refresh token.',
  },
  invalid_credentials: {
    statuses: [401],
    when: 'The name or the secret of a login is wrong. The response is the same whether or not the user exists.',
    action: 'Ask the user for name and secret again.',
  },
  invalid_code: {
    statuses: [401, 400],
    when: 'The code of a second factor is wrong or was already used. It is 400 where a session confirms a factor of its own user.',
    action: 'Ask the user for a new code.',
  },
  invalid_challenge: {
    statuses: [401],
    when: "The challenge is unknown, completed or expired, or the user's factors have changed since.",
    action: 'Start the login again, or create a new challenge.',
  },
  invalid_assertion: {
    statuses: [400],
    when: 'The assertion is not one that this server signed for this service and this challenge, or it has expired.',
    action: 'Create a new challenge. Send the assertion exactly as `verify` returned it.',
  },
  already_redeemed: {
    statuses: [409],
    when: 'The assertion was redeemed before. An assertion is accepted once.',
    action: 'Refuse what the assertion was to approve, and create a new challenge.',
  },
  insufficient_user_authentication: {
    statuses: [401],
    when: 'The operation needs stronger or more recent authentication than the session has (RFC 9470). `WWW-Authenticate` says which.',
    action: 'Step up: let the user prove a second factor with `POST /challenges`, or log in again.',
  },
  second_factor_unavailable: {
    statuses: [401],
    when: 'The account requires a second factor, and its provider is missing, disabled, misconfigured or unavailable. The audit log has the cause.',
    action: 'Tell an administrator of the account.',
  },
  registration_closed: {
    statuses: [401],
    when: 'Users cannot register themselves at this server.',
    action: 'Ask an administrator to create the user.',
  },
  mfa_enrollment_required: {
    statuses: [403],
    when: 'The account requires a second factor that the user has not enrolled.',
    action: 'Enroll the factor. If the response has an `enrollment_token`, use it for that.',
  },
  auth_module_disabled: {
    statuses: [403],
    when: 'The policy of the account disables this login method.',
    action: 'Use another login method, or ask an administrator of the account.',
  },
  unattended_credential: {
    statuses: [403],
    when: 'The session was created with an API key or a device secret, and the operation needs a person, or a key with the scope `manage` that may do it.',
    action: 'Log in with a password. A program that administers needs a key with `manage`.',
  },
  forbidden: {
    statuses: [403],
    when: 'The credential is valid, but it does not permit this operation.',
    action: 'Use the credential of an administrator of the account, or of a service, as `detail` says.',
  },
  throttled: {
    statuses: [429],
    when: 'There were too many failed attempts for this user or this challenge.',
    action: 'Wait as long as `Retry-After` says. An administrator can unlock the user.',
  },
} as const satisfies ProblemMeanings;
