import { z } from 'zod';
import type { Reason } from '../../../engine/reasons.ts';
import { responseMember } from './second-factor.ts';

/** What a login takes as its second factor where it takes both in one request. */
export const secondMembers = { mfa_code: responseMember.optional(), backup_code: z.string().max(64).optional() };

export type GivenSecond = {
  readonly mfa_code?: z.infer<typeof responseMember> | undefined;
  readonly backup_code?: string | undefined;
};

/** The second factor a client brought along, if it did. */
export function secondOf({ mfa_code, backup_code }: GivenSecond) {
  if (mfa_code !== undefined) return { response: mfa_code, role: 'second' as const };
  return backup_code === undefined ? undefined : { response: backup_code, role: 'recovery' as const };
}

/** Deux's sentences about codes, which its OAuth2 token endpoint says too. */
export const codeSentences = {
  code: 'Please enter a valid code.',
  backupCode: 'Please enter a valid backup code.',
  credentials: 'Unable to log in with provided credentials.',
  bothCodes: 'Login does not take both a verification and backup code.',
  smsFailed: 'SMS failed to send.',
  emailFailed: 'Email failed to send.',
} as const;

/** The sentence for a login that was refused, or undefined where Deux has none. */
export function sentenceFor(reason: Reason, given: GivenSecond): string | undefined {
  if (reason === 'wrong_second_factor')
    return given.backup_code === undefined ? codeSentences.code : codeSentences.backupCode;
  const wrong: readonly Reason[] = ['wrong', 'no_authenticator', 'unknown_user', 'malformed_reply', 'raced'];
  return wrong.includes(reason) ? codeSentences.credentials : undefined;
}

/** That a code for a factor of some kind could not be sent. */
export const failedToSend = (kind: string | undefined) =>
  kind === 'email' ? codeSentences.emailFailed : codeSentences.smsFailed;
