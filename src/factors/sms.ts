import { z } from 'zod';
import { sentCode } from './sent-code.ts';

/**
 * Codes by text message: the one restricted authenticator of SP 800-63B-4 (sections 3.1.3.3 and 3.2.9), for numbers are ported and swapped.
 * The destination is a phone number in E.164.
 */
export const sms = sentCode({
  kind: 'sms',
  amr: ['sms'],
  destination: z.e164(),
});
