import type { Reason } from '../../../engine/reasons.ts';
import type { Attempt } from '../../../store/attempts.ts';

/** The texts of the audit log for each failure. Only administrators read it, so the texts may name the cause. */
const failures: Partial<Readonly<Record<Reason, string>>> = {
  wrong: 'the response is wrong',
  replayed: 'the response was already used',
  unknown_user: 'there is no such user',
  no_authenticator: 'the user has no matching authenticator',
  wrong_second_factor: 'the second factor is wrong',
  throttled: 'too many failed attempts: the response was not checked',
  raced: 'another request was first',
  invalid_challenge: 'the challenge is unknown, used or expired',
  malformed_reply: 'the response is malformed',
  send_limited: 'too many messages were sent to the destination',
  no_gateway: 'no gateway is configured for the code',
  gateway_failed: 'no gateway took the message with the code',
  invalid_destination: 'the destination cannot receive messages',
  no_provider: 'no multi factor authentication provider is configured',
  provider_disabled: 'the multi factor authentication provider is disabled',
  provider_misconfigured: 'the settings of the multi factor authentication provider are invalid',
  provider_unavailable: 'the multi factor authentication provider is unavailable',
  provider_refused: 'the multi factor authentication provider refused the request',
  provider_nonsense: 'the multi factor authentication provider sent an invalid answer',
  unsuitable_user: 'the user name is not suitable for the multi factor authentication provider',
  mfa_enrollment_required: 'the user has not enrolled the second factor that is required',
  module_disabled: 'the auth module is disabled for the account',
  not_allowed: 'the gateway may not send to the destination',
};

export function sentenceOf({ action, outcome, reason, detail }: Ended): string {
  if (outcome === 'success') return successes[action] ?? action;
  const sentence = failures[reason as Reason] ?? reason ?? action;
  return detail === null ? sentence : `${sentence} (${detail})`;
}

type Ended = Pick<Attempt, 'action' | 'outcome' | 'reason' | 'detail'>;

const successes: Readonly<Record<string, string>> = {
  login: 'the first factor is right',
  answer: 'the second factor is right',
  send: 'a code was sent',
};
