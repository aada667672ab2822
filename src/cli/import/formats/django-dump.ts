import { saysFactor } from '../factor-names.ts';
import { factorRowOf, type DjangoFactors, type Row } from './django-factors.ts';

/** What is kept of a dump while it is read for the first time. */
export type Dump = {
  /** Keys of all users: their primary key, and their name as a natural key. */
  readonly users: Set<string>;
  readonly userModels: Set<string>;
  /** By the key of their user, as JSON: a third of the memory that objects need. */
  readonly factorsOf: Map<string, string>;
  /** Primary keys of the devices that recovery codes belong to, and those that the codes refer to. */
  readonly codeDevices: Set<string>;
  readonly codesOf: Set<string>;
  readonly unknownModels: Set<string>;
  hasFactors: boolean;
};

export const newDump = (): Dump => ({
  users: new Set(),
  userModels: new Set(),
  factorsOf: new Map(),
  codeDevices: new Set(),
  codesOf: new Set(),
  unknownModels: new Set(),
  hasFactors: false,
});

/** Models whose rows say nothing about a second factor. Any model that is neither here nor known otherwise stops the import. */
const harmlessModels = new Set([
  'account.emailaddress',
  'account.emailconfirmation',
  'admin.logentry',
  'auth.group',
  'auth.permission',
  'authtoken.token',
  'contenttypes.contenttype',
  'otp_yubikey.validationservice',
  'sessions.session',
  'sites.site',
]);

/** A user model of one's own may have any name, and has these fields of Django's. */
export const isUser = ({ model, fields }: Row): boolean =>
  model.endsWith('.user') || (typeof fields['password'] === 'string' && 'last_login' in fields);

export function addRow(dump: Dump, row: Row): void {
  const { model, pk, fields } = row;
  if (isUser(row)) {
    dump.userModels.add(model);
    for (const key of keysOf(row)) dump.users.add(key);
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
    dump.unknownModels.add(model);
    return;
  }
  dump.hasFactors = true;
  const key = ownerKey(found.owner);
  dump.factorsOf.set(key, JSON.stringify(both(storedFactors(dump, key), found.factors)));
}

/** Why no user of the dump can be imported; undefined where they can. */
export function faultOf(dump: Dump, mayLackFactors: boolean): string | undefined {
  const { users, userModels, factorsOf, codeDevices, codesOf, unknownModels } = dump;
  if (unknownModels.size > 0) return unknown(unknownModels);
  if (userModels.size > 1) return `holds users of more than one model: ${shown(userModels)}`;
  if (![...factorsOf.keys()].every((owner) => users.has(owner)))
    return 'holds a row of a second factor whose user is not in it: dump all users, with their primary keys';
  if (!codesOf.isSubsetOf(codeDevices)) return 'holds a row of otp_static.statictoken whose device is not in it';
  if (users.size > 0 && !dump.hasFactors && !mayLackFactors) return noFactors;
  return undefined;
}

const noFactors =
  'holds no row of a second factor: dump the apps of all second factors too (such as otp_totp, otp_static, two_factor, mfa or deux), ' +
  'or say --no-second-factors where the source has none';

const unknown = (models: ReadonlySet<string>) =>
  `holds rows of models that are not known: ${shown(models)}; dump without those that hold no second factors (dumpdata --exclude)`;

/** Some of the names, of those that are names at all: anything may stand in their place. */
function shown(models: ReadonlySet<string>): string {
  const names = [...models].filter((model) => /^\w{1,100}\.\w{1,100}$/.test(model)).toSorted();
  return names.length === models.size && names.length <= 20
    ? names.join(', ')
    : `${names.slice(0, 20).join(', ')} and others`;
}

/** What the dump says of a user's second factors, their own fields included. */
export function factorsOfUser(dump: Dump, row: Row): DjangoFactors {
  const own: DjangoFactors = saysFactor(row.fields) ? { guarded: true } : {};
  return keysOf(row)
    .map((key) => storedFactors(dump, key))
    .reduce(both, own);
}

/** How rows may refer to a user. As JSON, so that no kind of key is taken for another. */
function keysOf({ pk, fields }: Row): readonly string[] {
  return [pk, [fields['username']]].map(ownerKey).filter((key) => key !== noKey);
}

const noKey = '';

function ownerKey(owner: unknown): string {
  const isNatural = Array.isArray(owner) && owner.every((part) => typeof part === 'string');
  return typeof owner === 'number' || typeof owner === 'string' || isNatural ? JSON.stringify(owner) : noKey;
}

// The JSON is what `addRow` wrote.
const storedFactors = ({ factorsOf }: Dump, key: string): DjangoFactors =>
  JSON.parse(factorsOf.get(key) ?? '{}') as DjangoFactors;

const both = (one: DjangoFactors, other: DjangoFactors): DjangoFactors => ({
  authenticators: [...(one.authenticators ?? []), ...(other.authenticators ?? [])],
  left: [...(one.left ?? []), ...(other.left ?? [])],
  guarded: one.guarded === true || other.guarded === true,
});
