import { isEmpty, listed, unknownNames, type UnknownNames } from '../unknown-names.ts';
import { factorRowOf, isFactorModel, type DjangoFactors, type Row } from './django-factors.ts';

/** The part of a dump that the first pass keeps. */
export type Dump = {
  /** Keys of all users: their primary key, and their name as a natural key. */
  readonly users: Set<string>;
  readonly userModels: Set<string>;
  /** By the key of their user, as JSON: a third of the memory that objects need. */
  readonly factorsOf: Map<string, string>;
  /** Primary keys of the devices of recovery codes, and the keys that recovery codes refer to. */
  readonly codeDevices: Set<string>;
  readonly codesOf: Set<string>;
  /** Models, and fields of users. */
  readonly names: UnknownNames;
  hasFactors: boolean;
  isWhole: boolean;
};

export const newDump = (harmless: readonly string[] | undefined): Dump => ({
  users: new Set(),
  userModels: new Set(),
  factorsOf: new Map(),
  codeDevices: new Set(),
  codesOf: new Set(),
  names: unknownNames(harmless, isFactorModel),
  hasFactors: false,
  isWhole: false,
});

/** Models of Django, allauth, REST framework and OAuth Toolkit that are irrelevant to second factors. */
const harmlessModels = new Set([
  'account.emailaddress',
  'account.emailconfirmation',
  'admin.logentry',
  'auth.group',
  'auth.permission',
  'authtoken.token',
  'authtoken.tokenproxy',
  'contenttypes.contenttype',
  'oauth2_provider.accesstoken',
  'oauth2_provider.application',
  'oauth2_provider.grant',
  'oauth2_provider.idtoken',
  'oauth2_provider.refreshtoken',
  'otp_yubikey.validationservice',
  'sessions.session',
  'sites.site',
  'socialaccount.socialaccount',
  'socialaccount.socialapp',
  'socialaccount.socialtoken',
]);

/** The fields of Django's AbstractUser. */
const harmlessFields = new Set([
  'date_joined',
  'email',
  'first_name',
  'groups',
  'is_active',
  'is_staff',
  'is_superuser',
  'last_login',
  'last_name',
  'password',
  'user_permissions',
  'username',
]);

/** A custom user model may have any name, and has these fields of Django's. */
export const isUser = ({ model, fields }: Row): boolean =>
  model.endsWith('.user') || (typeof fields['password'] === 'string' && 'last_login' in fields);

export function addRow(dump: Dump, row: Row): void {
  const { model, pk, fields } = row;
  if (isUser(row)) {
    dump.userModels.add(model);
    for (const key of keysOf(row)) dump.users.add(key);
    for (const [name, value] of Object.entries(fields))
      if (!harmlessFields.has(name) && !isEmpty(value)) dump.names.add(name);
    return;
  }
  if (model === 'otp_static.staticdevice') dump.codeDevices.add(String(pk));
  if (model === 'otp_static.statictoken') {
    dump.codesOf.add(String(fields['device']));
    return;
  }
  if (harmlessModels.has(model)) return;
  const found = factorRowOf(row);
  if (!found) {
    dump.names.add(model);
    return;
  }
  dump.hasFactors = true;
  const key = ownerKey(found.owner);
  dump.factorsOf.set(key, JSON.stringify(merged(storedFactors(dump, key), found.factors)));
}

/** The reason why no user of the dump can be imported; undefined if they can. */
export function faultOf(dump: Dump, mayLackFactors: boolean): string | undefined {
  const { users, userModels, factorsOf, codeDevices, codesOf, names } = dump;
  const unknown = names.fault();
  if (unknown !== undefined) return unknown;
  if (userModels.size > 1) return `has users of more than one model: ${listed(userModels)}`;
  if (![...factorsOf.keys()].every((owner) => users.has(owner)))
    return 'has a row of a second factor without its user: dump all users, with their primary keys';
  if (!codesOf.isSubsetOf(codeDevices))
    return 'has a row of otp_static.statictoken without its device: dump all of otp_static';
  if (users.size > 0 && !dump.hasFactors && !mayLackFactors) return noFactors;
  return undefined;
}

const noFactors =
  'has no row of a second factor: dump the apps of all second factors too (such as otp_totp, otp_static, two_factor, mfa or deux), ' +
  'or give --no-second-factors if the source has none';

/** A user's second factors, as the dump has them. */
export function factorsOfUser(dump: Dump, row: Row): DjangoFactors {
  return keysOf(row)
    .map((key) => storedFactors(dump, key))
    .reduce(merged, {});
}

/** The keys by which rows may refer to a user. As JSON, so that different kinds of keys never match. */
function keysOf({ pk, fields }: Row): readonly string[] {
  return [pk, [fields['username']]].map(ownerKey).filter((key) => key !== noKey);
}

const noKey = '';

function ownerKey(owner: unknown): string {
  const isNatural = Array.isArray(owner) && owner.every((part) => typeof part === 'string');
  return typeof owner === 'number' || typeof owner === 'string' || isNatural ? JSON.stringify(owner) : noKey;
}

// `addRow` wrote this JSON.
const storedFactors = ({ factorsOf }: Dump, key: string): DjangoFactors =>
  JSON.parse(factorsOf.get(key) ?? '{}') as DjangoFactors;

const merged = (one: DjangoFactors, other: DjangoFactors): DjangoFactors => ({
  authenticators: [...(one.authenticators ?? []), ...(other.authenticators ?? [])],
  skipped: [...(one.skipped ?? []), ...(other.skipped ?? [])],
  guarded: one.guarded === true || other.guarded === true,
});
