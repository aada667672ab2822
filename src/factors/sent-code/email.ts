import { z } from 'zod';
import { noSettings } from '../no-settings.ts';
import { sentCode } from './sent-code.ts';

/**
 * Codes by e-mail. SP 800-63B-4 section 3.1.3.1 does not accept e-mail as out-of-band authentication: it proves access
 * to a mailbox, which often needs only a password.
 */
export const email = sentCode({
  kind: 'email',
  amr: ['otp', 'email'],
  destination: z.email().max(254),
  settings: noSettings,
  reachesAal2: false,
});
