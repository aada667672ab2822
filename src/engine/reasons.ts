import type { FactorReason } from '../factors/factor.ts';

/**
 * Every reason for which the house declines. They are for the log of attempts and for the doors, each of which has one table
 * that says what the outside may learn of each.
 */
export type Reason =
  | FactorReason
  /** Nobody in the account has this name, id or address. */
  | 'unknown_user'
  /** The user has no authenticator that this reply could belong to. */
  | 'no_authenticator'
  /** Too many failures: nothing was looked at. */
  | 'throttled'
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
  /** A machine's credential may not manage its user's factors. */
  | 'unattended'
  | 'forbidden'
  | 'not_found'
  | 'name_taken'
  | 'unknown_account'
  /** The user has as many of this factor as one may have. */
  | 'too_many'
  | 'already_confirmed'
  | 'current_password_required'
  | 'wrong_current_password'
  /** A password is replaced, not removed, by its user. */
  | 'password_needed'
  | 'mfa_not_enabled'
  | 'registration_closed';
