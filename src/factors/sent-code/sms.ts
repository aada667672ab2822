import { z } from 'zod';
import { sentCode } from './sent-code.ts';

const words = 'must be a two-letter code in capitals, such as CH';
const countries = z.array(z.string(words).regex(/^[A-Z]{2}$/, words)).max(300);

/** ISO 3166-1 countries. All are allowed if both lists are absent. */
const settings = z.strictObject({ allowed_countries: countries.optional(), denied_countries: countries.optional() });

type SmsSettings = z.infer<typeof settings>;

/**
 * Codes by text message, the only restricted authenticator of SP 800-63B-4 (sections 3.1.3.3 and 3.2.9), because
 * numbers are ported and swapped. The destination is a phone number in E.164.
 */
export const sms = sentCode({
  kind: 'sms',
  amr: ['sms'],
  destination: z.e164(),
  settings: { schema: () => settings, secrets: [], inForce: (layers) => layers.reduce(intersect, {}) },
  limits: ({ allowed_countries: allowed, denied_countries: denied }) => ({
    countries: { ...(allowed && { allowed }), ...(denied && { denied }) },
  }),
});

/** Combines two layers: a country is allowed only if both layers allow it. */
function intersect(above: SmsSettings, own: SmsSettings): SmsSettings {
  const [first, second] = [above.allowed_countries, own.allowed_countries];
  const allowed = first && second ? first.filter((country) => second.includes(country)) : (first ?? second);
  const denied = [...(above.denied_countries ?? []), ...(own.denied_countries ?? [])];
  const isSaid = above.denied_countries !== undefined || own.denied_countries !== undefined;
  return { ...(allowed && { allowed_countries: allowed }), ...(isSaid && { denied_countries: denied }) };
}
