import { z } from 'zod';
import type { Members } from '../base/merge-patch.ts';
import { wrongMembers, type WrongMember } from '../base/wrong-members.ts';
import { duoSecrets, duoSettings } from './duo-settings.ts';

/**
 * Factors that an account, or the system, can configure as its second one. Where nothing else is said, the first in this list that the
 * system has enabled is meant.
 */
export const providerNames = ['duo', 'totp', 'sms', 'email'] as const;

export type ProviderName = (typeof providerNames)[number];

export const isProviderName = (name: string): name is ProviderName =>
  (providerNames as readonly string[]).includes(name);

const words = 'must be a two-letter code in capitals, such as CH';
const countries = z.array(z.string(words).regex(/^[A-Z]{2}$/, words)).max(300);

const smsSettings = z.strictObject({ allowed_countries: countries.optional(), denied_countries: countries.optional() });

type Kind = {
  readonly settings: (allowed: Allowed) => z.ZodType<Members>;
  /** Members that are shown to nobody once they are set. */
  readonly secrets: readonly string[];
};

/** What the operator allows beyond the usual. */
export type Allowed = { readonly duoHosts: readonly string[] };

const none = z.strictObject({});

const kinds: Readonly<Record<ProviderName, Kind>> = {
  duo: { settings: ({ duoHosts }) => duoSettings(duoHosts), secrets: duoSecrets },
  totp: { settings: () => none, secrets: [] },
  /** Codes to ISO 3166-1 countries: to all when nothing is said. */
  sms: { settings: () => smsSettings, secrets: [] },
  email: { settings: () => none, secrets: [] },
};

/** The countries that the settings of an `sms` provider speak of. What cannot be read is a fault: nothing is sent. */
export function countriesIn(settings: Members): { readonly allowed?: string[]; readonly denied?: string[] } {
  const { allowed_countries: allowed, denied_countries: denied } = smsSettings.parse(settings);
  return { ...(allowed && { allowed }), ...(denied && { denied }) };
}

/** Stands for a secret that is kept: in what is shown, and in what is sent back. */
export const mask = '********';

type Read =
  | { readonly ok: true; readonly settings: Members }
  | { readonly ok: false; readonly members: readonly WrongMember[] };

/** Checks settings as they are given, as a whole; a masked secret is the one among those that are kept. */
export function readSettings(name: ProviderName, given: Members, allowed: Allowed, kept: Members = {}): Read {
  const { settings: schema, secrets } = kinds[name];
  const unmasked = secrets.filter((secret) => given[secret] === mask && Object.hasOwn(kept, secret));
  const whole = { ...given, ...Object.fromEntries(unmasked.map((secret) => [secret, kept[secret]])) };
  const read = schema(allowed).safeParse(whole);
  return read.success ? { ok: true, settings: read.data } : { ok: false, members: wrongMembers(read.error, whole) };
}

/** The secrets that were given, and are not merely kept. */
export function secretsIn(name: ProviderName, given: Members): readonly string[] {
  return kinds[name].secrets.filter((secret) => Object.hasOwn(given, secret) && given[secret] !== mask);
}

/** Settings with their secrets masked, but for those in `open`. Of a provider that this program does not know, everything is. */
export function maskSettings(name: string, settings: Members, open: readonly string[] = []): Members {
  const secrets = isProviderName(name) ? kinds[name].secrets : Object.keys(settings);
  return Object.fromEntries(
    Object.entries(settings).map(([member, value]) =>
      secrets.includes(member) && !open.includes(member) ? [member, mask] : [member, value],
    ),
  );
}
