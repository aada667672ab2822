import { z } from 'zod';
import type { SourceCredential, Skipped } from '../../../engine/operator/import-users.ts';
import { parseStrictJson } from '../../../http/server/strict-json.ts';
import {
  disabledInSource,
  refusedSource,
  foreignRecoveryCodes,
  type Found,
  type Reading,
  type SourceOptions,
} from '../found.ts';
import { cutOff, jsonItems, malformed, missingList, trailingData, duplicate, type Fault } from '../json-items.ts';
import type { Passes } from '../passes.ts';
import { problemIn, nameIn, notJson, tooLong } from '../read-json.ts';
import { isEmpty, unknownNames, type UnknownNames } from '../unknown-names.ts';
import { credential, passwordOf, totpOf, type Credential } from './keycloak-credentials.ts';

/** Bytes of one user. */
const longest = 256 * 1024;

const listOf = <Item>(item: z.ZodType<Item>) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

const entry = z.looseObject({
  username: z.string(),
  email: z.string().nullish(),
  firstName: z.string().nullish(),
  lastName: z.string().nullish(),
  enabled: z.boolean().default(false),
  serviceAccountClientId: z.string().nullish(),
  totp: z.boolean().nullish(),
  attributes: z.record(z.string(), z.unknown()).nullish(),
  requiredActions: listOf(z.string()),
  disableableCredentialTypes: listOf(z.string()),
  credentials: listOf(credential),
});

type Entry = z.infer<typeof entry>;

/** A realm's export with its users, in one file or in one of several (`realm-users-0.json`). */
export function readKeycloak({ next, fraction }: Passes, { harmless }: SourceOptions = {}): Reading {
  const names = unknownNames(harmless, (name) => members.factor.has(name));
  return { users: () => users(next(), names), fraction };
}

/** Faults of the file as a whole. */
const faults: Readonly<Record<Fault, string>> = {
  [cutOff]: 'is incomplete',
  [missingList]: 'is not an export of one realm with its users',
  [trailingData]: 'has more data after its export: import one file at a time',
  [duplicate]: 'contains more than one list of users',
  [malformed]: notJson,
};

async function* users(chunks: AsyncIterable<Buffer>, names: UnknownNames): AsyncGenerator<Found> {
  let number = 0;
  for await (const bytes of jsonItems(chunks, 'users', longest)) {
    number += 1;
    const at = `user ${number}`;
    if (typeof bytes === 'symbol') yield refusedSource('the file', faults[bytes]);
    else yield bytes === undefined ? refusedSource(at, tooLong(longest)) : userOf(at, bytes, names);
  }
  const fault = names.fault();
  if (fault !== undefined) yield refusedSource('the file', fault);
}

function userOf(at: string, bytes: Buffer, names: UnknownNames): Found {
  const json = parseStrictJson(bytes);
  if (!json.ok) return refusedSource(at, notJson);
  const read = entry.safeParse(json.value);
  if (!read.success) return { at, why: problemIn(read.error), ...nameIn(json.value, 'username') };
  const { username: name, email, firstName, lastName, credentials } = read.data;
  if (read.data.serviceAccountClientId) return { at, name, why: 'is a service account' };
  if (!read.data.enabled) return { at, name, why: disabledInSource };
  for (const unknown of unknownIn(read.data)) names.add(unknown);
  const skipped: Skipped[] = read.data.requiredActions.every((action) => harmlessActions.has(action))
    ? []
    : [enrollment];
  const authenticators: SourceCredential[] = [];
  for (const one of credentials) {
    const held = credentialOf(one, read.data);
    if ('why' in held) skipped.push(held);
    else authenticators.push(held);
  }
  return { at, profile: { name, email, firstName, lastName }, authenticators, skipped, guarded: isGuarded(read.data) };
}

/** Members of a user (UserRepresentation). */
const members = {
  factor: new Set(['totp', 'credentials', 'disableableCredentialTypes', 'requiredActions']),
  harmless: new Set(
    [
      'id self origin createdTimestamp username enabled email emailVerified firstName lastName attributes access',
      'federationLink serviceAccountClientId federatedIdentities socialLinks clientConsents notBefore groups',
      'realmRoles clientRoles applicationRoles userProfileMetadata',
    ].flatMap((names) => names.split(' ')),
  ),
};

/** Attributes of the scopes profile, address and phone of OpenID Connect, and of Keycloak's own readers of LDAP and Kerberos. */
const harmlessAttributes = new Set(
  [
    'locale nickname middleName profile picture website gender birthdate zoneinfo updatedAt phoneNumber',
    'street locality region postal_code country formatted terms_and_conditions',
    'LDAP_ID LDAP_ENTRY_DN createTimestamp modifyTimestamp KERBEROS_PRINCIPAL',
  ].flatMap((names) => names.split(' ')),
);

/** The unknown names of a user that have a value. */
function unknownIn({ attributes, ...user }: Entry): readonly string[] {
  const set = (fields: object) => Object.entries(fields).flatMap(([name, value]) => (isEmpty(value) ? [] : [name]));
  return [
    ...set(user).filter((name) => !members.factor.has(name) && !members.harmless.has(name)),
    ...set(attributes ?? {}).filter((name) => !harmlessAttributes.has(name)),
  ];
}

/** Any other credential counts as a second factor, and any other action may require one. */
const harmlessCredentials = new Set(['password', 'password-history']);
const harmlessActions = new Set([
  'UPDATE_EMAIL',
  'UPDATE_PASSWORD',
  'UPDATE_PROFILE',
  'VERIFY_EMAIL',
  'VERIFY_PROFILE',
  'TERMS_AND_CONDITIONS',
  'terms_and_conditions',
  'update_user_locale',
]);

const enrollment: Skipped = {
  what: 'required action',
  why: 'may require a second factor at the next login in Keycloak; Countersign would not require it',
};

function isGuarded({ totp, credentials, disableableCredentialTypes, requiredActions }: Entry): boolean {
  const held = [...credentials.map(({ type }) => type), ...disableableCredentialTypes];
  return (
    totp === true ||
    held.some((type) => !harmlessCredentials.has(type)) ||
    requiredActions.some((action) => !harmlessActions.has(action))
  );
}

function credentialOf(one: Credential, user: Entry): SourceCredential | Skipped {
  if (one.type === 'otp') return totpOf(one);
  if (one.type === 'recovery-authn-codes') return { what: 'recovery codes', why: foreignRecoveryCodes };
  if (one.type !== 'password') return { what: 'another credential', why: 'is of a kind that cannot be imported' };
  if (user.requiredActions.includes('UPDATE_PASSWORD'))
    return { what: 'password', why: 'must be changed at the next login in Keycloak; Countersign would not require it' };
  return passwordOf(one);
}
