import { z } from 'zod';
import { base32Encode } from '../../../base/base32.ts';
import type { SourceCredential, Skipped } from '../../../engine/operator/import-users.ts';
import { unconfirmed, foreignRecoveryCodes } from '../found.ts';

/** One object of a dump. */
export const rowShape = z.object({
  model: z.string(),
  pk: z.unknown(),
  fields: z.record(z.string(), z.unknown()),
});
export type Row = z.infer<typeof rowShape>;

/** A user's second factors in the rows of a dump. */
export type DjangoFactors = {
  readonly authenticators?: readonly SourceCredential[];
  readonly skipped?: readonly Skipped[];
  readonly guarded?: boolean;
};

/** A row of a second factor: the reference to its user, and its content. */
export type FactorRow = { readonly owner: unknown; readonly factors: DjangoFactors };

const totpFields = z.object({
  name: z.string().nullish(),
  confirmed: z.boolean(),
  key: z.string(),
  step: z.int(),
  t0: z.int(),
  digits: z.int(),
  drift: z.int(),
  last_t: z.int(),
});

/** The fields of Deux's model. Its primary key is that of the user. */
const deuxFields = z.strictObject({
  challenge_type: z.enum(['', 'sms']),
  phone_number: z.string().nullish(),
  backup_key: z.string().nullish(),
  sms_secret_key: z.string().nullish(),
  user: z.unknown().optional(),
});

/** Apps of second factors: django-otp and its plugins, django-two-factor-auth, allauth, mfa2, trench and others; and Deux's model. */
const factorModel =
  /^(otp_\w+|two_factor\w*|phonenumber|mfa|mfa2|django_mfa2?|trench|kagi|passkeys)\.|\.multifactorauth$/;
export const isFactorModel = (model: string): boolean => factorModel.test(model);

/** Undefined: the row is not of a second factor, or its model has an unknown name. */
export function factorRowOf({ model, pk, fields }: Row): FactorRow | undefined {
  const owner = ownerIn(fields);
  if (model === 'otp_totp.totpdevice') return { owner, factors: totpOf(fields) };
  if (model === 'otp_static.staticdevice') return { owner, factors: codesOf(fields) };
  if (model.endsWith('.multifactorauth')) return { owner: owner ?? pk, factors: deuxOf(fields) };
  return isFactorModel(model) ? { owner, factors: otherOf(model, fields) } : undefined;
}

/** Some packages refer to a user by name, which is what Django's natural keys do too. */
function ownerIn({ user, user_id: userId, owner, username }: Row['fields']): unknown {
  return user ?? userId ?? owner ?? (typeof username === 'string' ? [username] : undefined);
}

const unknownForm = 'has an unknown form';
const guardedWithout = (what: string, why: string): DjangoFactors => ({ skipped: [{ what, why }], guarded: true });

function totpOf(fields: unknown): DjangoFactors {
  const { data } = totpFields.safeParse(fields);
  if (!data) return guardedWithout('totp', unknownForm);
  if (!data.confirmed) return { skipped: [{ what: 'totp', why: unconfirmed }] };
  const { step: period, digits, last_t: lastStep, name } = data;
  if (data.t0 !== 0) return guardedWithout('totp', 'counts its steps from a time other than 1970');
  if (Math.abs(data.drift) > 1) return guardedWithout('totp', 'its clock is off by more than one step');
  const seed = base32Encode(Buffer.from(data.key, 'hex'));
  return {
    authenticators: [{ kind: 'totp', label: name || null, imported: { seed, period, digits, lastStep } }],
    guarded: true,
  };
}

/** The tokens of a device refer to it and not to its user, and none can be imported. */
function codesOf({ confirmed }: Row['fields']): DjangoFactors {
  return { skipped: [{ what: 'recovery codes', why: foreignRecoveryCodes }], guarded: confirmed !== false };
}

/** A phone that codes are sent to, and a backup code: the first twelve digits of its key. */
function deuxOf(fields: unknown): DjangoFactors {
  const { data } = deuxFields.safeParse(fields);
  if (!data) return guardedWithout('sms', unknownForm);
  if (data.challenge_type === '') return {};
  const { phone_number: destination, backup_key: key } = data;
  const sms = { kind: 'sms', label: null, imported: { destination } };
  const backup = { kind: 'backup', label: null, imported: { code: key?.slice(0, 12) } };
  return { authenticators: key ? [sms, backup] : [sms], guarded: true };
}

/** In django-otp, every model that ends with `device` has a field `confirmed`. In other models a field of this name may have another meaning. */
function otherOf(model: string, { confirmed }: Row['fields']): DjangoFactors {
  if (confirmed === false && model.endsWith('device'))
    return { skipped: [{ what: 'another device', why: unconfirmed }] };
  return guardedWithout('another device', 'is of a kind that cannot be imported');
}
