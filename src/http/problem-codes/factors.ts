import type { ProblemMeanings } from './problem-code.ts';

export const factors = {
  already_enrolled: {
    statuses: [409],
    when: 'The factor is already confirmed.',
    action: 'Nothing: the factor works.',
  },
  too_many: {
    statuses: [409],
    when: 'The user already has the largest permitted number of secrets of this kind.',
    action: 'Remove one first.',
  },
  mfa_not_enabled: {
    statuses: [409],
    when: 'The operation needs a user with a second factor, and the user has none.',
    action: 'Enroll a second factor first.',
  },
  no_such_factor: {
    statuses: [409],
    when: 'The user has second factors, but none of the kinds that the challenge asks for.',
    action: 'Ask for other kinds, or leave `factors` out.',
  },
  current_password_required: {
    statuses: [401],
    when: 'A change of password came without the current password, and without a fresh second factor.',
    action: 'Send it as `current_password`, or step up.',
  },
  wrong_current_password: {
    statuses: [400],
    when: 'The current password that came with a change of password is wrong.',
    action: 'Ask the user for it again.',
  },
  password_too_common: {
    statuses: [400],
    when: 'The new password is on the list of common passwords.',
    action: 'Choose another password.',
  },
  password_is_name: {
    statuses: [400],
    when: 'The new password is the name of the user.',
    action: 'Choose another password.',
  },
  password_needed: {
    statuses: [409, 400],
    when: 'The request would leave a user without a password. It is 400 at registration.',
    action: 'Send a password, or replace the password instead of removing it.',
  },
  invalid_destination: {
    statuses: [400],
    when: 'The phone number or address cannot receive messages, or messages to its country or kind of number are not allowed.',
    action: 'Ask the user for another phone number or address.',
  },
  send_limited: {
    statuses: [429],
    when: 'The limit on messages of the destination, the user or the account is reached.',
    action: 'Use the code that was sent, or wait as long as `Retry-After` says.',
  },
  cannot_send: {
    statuses: [503],
    when: 'No gateway is configured for this kind of message, or every gateway failed.',
    action: 'Try again later. If the error persists, tell the operator.',
  },
  required_by_policy: {
    statuses: [409],
    when: 'A user removes a factor that their account requires, and has no other of its kind.',
    action: 'Enroll another factor of this kind first, or ask an administrator of the account to remove it.',
  },
  user_disabled: {
    statuses: [403],
    when: 'A service asks for a challenge of a user who is disabled, or whose account or an account above it is.',
    action: 'Refuse what the user wanted to do. An administrator can enable the user or the account.',
  },
} as const satisfies ProblemMeanings;
