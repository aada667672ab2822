import { z } from 'zod';
import { noSettings } from '../no-settings.ts';
import { sentCode } from './sent-code.ts';

/**
 * Codes by e-mail. SP 800-63B-4 section 3.1.3.1 does not count e-mail as out-of-band authentication: it proves a mailbox, which is often
 * opened by the same password.
 */
export const email = sentCode({
  kind: 'email',
  amr: ['otp'],
  destination: z.email().max(254),
  settings: noSettings,
});
