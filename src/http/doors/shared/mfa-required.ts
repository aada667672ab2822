import { z } from 'zod';
import type { SecondFactorNeeded } from '../../../engine/login/login-outcome.ts';
import { askedByProviders, promptSettings, settingsOf } from './second-factor.ts';

/** The answer of a login that needs a second factor, where the client may send it in the next request. */
export const mfaRequiredView = z
  .strictObject({
    mfa_required: z.literal(true),
    mfa_type: z.string(),
    mfa_token: z.string(),
    mfa_settings: promptSettings.optional(),
  })
  .meta({
    id: 'MfaRequired',
    description:
      'A second factor is needed. A code by message was sent. `mfa_settings` has the data for a provider with its own prompt.',
  });

export function viewNeeded(needed: SecondFactorNeeded): z.infer<typeof mfaRequiredView> {
  const { challengeToken, anyOf } = needed;
  const [asked] = askedByProviders(needed);
  const mfa_type = asked?.kind ?? anyOf[0]?.kind ?? '';
  const mfa_settings = asked && settingsOf(asked.prompt);
  return { mfa_required: true, mfa_type, mfa_token: challengeToken, ...(mfa_settings && { mfa_settings }) };
}
