import type { Reason } from '../../engine/reasons.ts';

const notHere = 'this can not be done by the operator';

/** What the operator is told of each reason. At the machine nothing has to be hidden. */
export const refusals = {
  unknown_user: 'nobody in the account has this name, id or address',
  unknown_account: 'there is no such account',
  name_taken: 'the name is taken in this account',
  password_too_common: 'this is one of the passwords that are tried first; choose another',
  password_is_name: 'the password may not be the name; choose another',
  malformed_input: 'the password must be 8 to 1,024 bytes long',
  raced: 'something about the user changed at the same moment; nothing was done, so try again',
  not_found: 'the user was removed at the same moment',
  mfa_not_enabled: 'the user has no second factor',
  too_many: 'the user has as many of this kind as one may have',
  already_confirmed: 'this is enrolled already',
  no_authenticator: 'the user has nothing of this kind',
  // These answer people who log in or call from outside.
  wrong: notHere,
  replayed: notHere,
  throttled: notHere,
  invalid_challenge: notHere,
  malformed_reply: notHere,
  invalid_token: notHere,
  step_up_required: notHere,
  unattended: notHere,
  forbidden: notHere,
  current_password_required: notHere,
  wrong_current_password: notHere,
  password_needed: notHere,
  registration_closed: notHere,
  wrong_second_factor: notHere,
  send_limited: notHere,
  no_gateway: 'no gateway is set up that could send it',
  gateway_failed: 'no gateway took the message; the log says why',
  invalid_destination: 'nobody can be reached there',
  not_allowed: 'the gateway may not send there',
  invalid_client: notHere,
  unauthorized_client: notHere,
  invalid_scope: notHere,
  invalid_grant: notHere,
} satisfies Record<Reason, string>;
