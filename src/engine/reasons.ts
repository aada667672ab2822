import type { EnrollReason } from '../factors/factor.ts';

/**
 * Every reason for which the house declines. They are for the log of attempts and for the doors, each of which has one table
 * that says what the outside may learn of each.
 */
export type Reason =
  | EnrollReason
  /** Nobody in the account has this name, id or address. */
  | 'unknown_user'
  /** The user has no authenticator that this reply could belong to. */
  | 'no_authenticator'
  /** The first factor was right, and what came with it as the second was not. */
  | 'wrong_second_factor'
  /** Too many failures: nothing was looked at. */
  | 'throttled'
  /** The destination, or the account, has had its share of messages for now. */
  | 'send_limited'
  /** Nothing is set up that could send it. */
  | 'no_gateway'
  /** Every gateway failed. */
  | 'gateway_failed'
  /** The gateway says that nobody can be reached there. */
  | 'invalid_destination'
  /** The gateway may not send there. */
  | 'not_allowed'
  /** Another request was first. */
  | 'raced'
  /** The challenge is unknown, spent, expired, or its user's factors have changed. */
  | 'invalid_challenge'
  /** The reply has not the form of anything that was asked for. */
  | 'malformed_reply'
  /** The access token is malformed, of another kind, issuer or audience, expired, or its session has ended. */
  | 'invalid_token'
  /** The user has a second factor, and this session has not proven it lately (RFC 9470). */
  | 'step_up_required'
  /** The user has no second factor, and the login of this session is too old to count as fresh proof (RFC 9470). */
  | 'login_too_old'
  /** A machine's credential may not manage its user's factors. */
  | 'unattended'
  /** The account lets nobody in through this module. */
  | 'module_disabled'
  /** A second factor is required, and nothing is set up that could ask for it. */
  | 'no_provider'
  | 'provider_disabled'
  /** A second factor is required that the user has not enrolled. */
  | 'mfa_enrollment_required'
  /** It names a provider that the account may not use. */
  | 'unknown_configuration'
  | 'forbidden'
  /** It is for services, and this is a person's session. */
  | 'no_service'
  | 'not_found'
  | 'name_taken'
  /** It is at another revision than the caller thinks. */
  | 'revision_mismatch'
  /** The settings of a provider are not what its kind needs. */
  | 'invalid_settings'
  /** Something hangs on it. */
  | 'in_use'
  /** The tree of accounts ends here. */
  | 'too_deep'
  /** An account would stand below itself. */
  | 'below_itself'
  | 'unknown_account'
  /** The user has as many of this factor as one may have. */
  | 'too_many'
  | 'already_confirmed'
  | 'current_password_required'
  | 'wrong_current_password'
  /** A password is replaced, not removed, by its user. */
  | 'password_needed'
  | 'mfa_not_enabled'
  | 'registration_closed'
  /** The OAuth2 client is unknown, or has not proven itself. */
  | 'invalid_client'
  /** The client may not use this grant. */
  | 'unauthorized_client'
  | 'invalid_scope'
  /** The refresh token is unknown, used, over, or another client's. */
  | 'invalid_grant';
