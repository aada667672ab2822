import type { Reason } from '../../../engine/reasons.ts';
import type { Attempt } from '../../../store/attempts.ts';

/** What the log of attempts says of each way in which one can end: to the administrator, who may know why. */
const failures: Partial<Readonly<Record<Reason, string>>> = {
  wrong: 'the response is wrong',
  replayed: 'the response was used already',
  unknown_user: 'there is no such user',
  no_authenticator: 'the user has nothing that this could be',
  wrong_second_factor: 'the second factor is wrong',
  throttled: 'too many failed attempts: nothing was looked at',
  raced: 'another request was first',
  invalid_challenge: 'the challenge is unknown, used or over',
  malformed_reply: 'the response has not the form of anything that was asked for',
  send_limited: 'enough messages were sent there for now',
  no_gateway: 'no gateway is set up that could send the code',
  gateway_failed: 'no gateway took the message with the code',
  invalid_destination: 'nobody can be reached at the destination',
  no_provider: 'no multi factor authentication provider is configured',
  provider_disabled: 'the multi factor authentication provider is disabled',
  provider_misconfigured: 'the settings of the multi factor authentication provider are not right',
  provider_unavailable: 'the multi factor authentication provider can not be asked',
  provider_refused: 'the multi factor authentication provider refused what it was asked',
  provider_nonsense: 'the multi factor authentication provider answered with something else than it should',
  unsuitable_user: 'the multi factor authentication provider has no way to name the user',
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
