import type { EnrollReason } from '../factors/factor.ts';

/**
 * All reasons for a refusal. The audit log has the true reason; each HTTP dialect has one table of what a client may
 * learn of each.
 */
export type Reason =
  | EnrollReason
  /** No user of the account has this name, id or address. */
  | 'unknown_user'
  /** The user is disabled, or their account or one above it is. Only services learn this, of their own users. */
  | 'user_disabled'
  /** Without the factor, its user would not meet what their account requires. An administrator can remove it. */
  | 'required_by_policy'
  /** A user would be both service and administrator. */
  | 'role_conflict'
  /** The root would have no enabled administrator. */
  | 'last_administrator'
  /** The user has no authenticator that this response could belong to. */
  | 'no_authenticator'
  /** The first factor was right, but the second factor in the same request was wrong. */
  | 'wrong_second_factor'
  /** Too many failures: the response was not verified. */
  | 'throttled'
  /** A rate limit on messages: of the destination, the user, the client address or the account. */
  | 'send_limited'
  /** No gateway is configured for this kind of message. */
  | 'no_gateway'
  /** Every gateway failed. */
  | 'gateway_failed'
  /** The gateway reports that the phone number or address cannot receive messages. */
  | 'invalid_destination'
  /** The configuration does not allow messages to this country or kind of number. */
  | 'not_allowed'
  /** Another request was first. */
  | 'raced'
  /** The challenge is unknown, spent, expired, or its user's factors have changed. */
  | 'invalid_challenge'
  /** The assertion is not one of this challenge for this service, or it has expired. */
  | 'invalid_assertion'
  /** The assertion was redeemed before. */
  | 'already_redeemed'
  /** The response does not have the format of any factor that may answer. */
  | 'malformed_reply'
  /** The access token is malformed, of another type, issuer or audience, expired, or its session has ended. */
  | 'invalid_token'
  /** The user has a second factor, and this session has not proven it recently (RFC 9470). */
  | 'step_up_required'
  /** The user has no second factor, and the login of this session is too old to count as fresh proof (RFC 9470). */
  | 'login_too_old'
  /** A session that an API key or a device secret created may not manage factors. */
  | 'unattended'
  /** The account has disabled this auth module. */
  | 'module_disabled'
  /** A second factor is required, but its provider does not exist. */
  | 'no_provider'
  | 'provider_disabled'
  /** A second factor is required that the user has not enrolled. */
  | 'mfa_enrollment_required'
  /** The configuration names a provider that does not exist or that the account may not use. */
  | 'unknown_configuration'
  /** The configuration would loosen what an account above requires. */
  | 'weaker_than_inherited'
  | 'forbidden'
  /** The operation is for services, and the caller is the session of a person. */
  | 'no_service'
  /** The session of an OAuth2 client lacks the scope (RFC 6750). */
  | 'insufficient_scope'
  | 'not_found'
  | 'name_taken'
  /** The object has another revision than the one that the caller expects. */
  | 'revision_mismatch'
  /** The settings of a provider are invalid for its kind. */
  | 'invalid_settings'
  /** Something still refers to it. */
  | 'in_use'
  /** The account tree would have more levels than allowed. */
  | 'too_deep'
  /** An account would become its own descendant. */
  | 'below_itself'
  | 'unknown_account'
  /** The user has the maximum number of authenticators of this kind. */
  | 'too_many'
  | 'already_confirmed'
  | 'current_password_required'
  | 'wrong_current_password'
  /** A password is required: users cannot remove their own, and registration needs one. */
  | 'password_needed'
  | 'mfa_not_enabled'
  | 'registration_closed'
  /** The end of a new key is in the past, or more than a year away. */
  | 'invalid_end'
  /** The OAuth2 client is unknown, or its secret is wrong. */
  | 'invalid_client'
  /** The client may not use this grant. */
  | 'unauthorized_client'
  | 'invalid_scope'
  /** The refresh token is unknown, used, expired, or of another client. */
  | 'invalid_grant';
