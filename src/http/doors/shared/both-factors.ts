import { z } from 'zod';
import type { Reason } from '../../../engine/reasons.ts';
import { responseMember } from './second-factor.ts';

/** The second factor of a login that takes both factors in one request. */
export const secondFactorMembers = { mfa_code: responseMember.optional(), backup_code: z.string().max(64).optional() };

export type GivenSecondFactor = {
  readonly mfa_code?: z.infer<typeof responseMember> | undefined;
  readonly backup_code?: string | undefined;
};

export function secondFactorOf({ mfa_code, backup_code }: GivenSecondFactor) {
  if (mfa_code !== undefined) return { response: mfa_code, role: 'second' as const };
  return backup_code === undefined ? undefined : { response: backup_code, role: 'recovery' as const };
}

/** Deux's sentences about codes. Its OAuth2 token endpoint uses them too. */
export const codeSentences = {
  code: 'Please enter a valid code.',
  backupCode: 'Please enter a valid backup code.',
  credentials: 'Unable to log in with provided credentials.',
  bothCodes: 'Login does not take both a verification and backup code.',
  smsFailed: 'SMS failed to send.',
  emailFailed: 'Email failed to send.',
} as const;

/** The sentence for a refused login, or undefined where Deux has none. */
export function sentenceFor(reason: Reason, given: GivenSecondFactor): string | undefined {
  if (reason === 'wrong_second_factor')
    return given.backup_code === undefined ? codeSentences.code : codeSentences.backupCode;
  const wrong: readonly Reason[] = ['wrong', 'no_authenticator', 'unknown_user', 'malformed_reply', 'raced'];
  return wrong.includes(reason) ? codeSentences.credentials : undefined;
}

/** The sentence for a code that could not be sent to a factor of this kind. */
export const failedToSend = (kind: string | undefined) =>
  kind === 'email' ? codeSentences.emailFailed : codeSentences.smsFailed;
