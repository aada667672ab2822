import { z } from 'zod';
import { base32Encode } from '../../../base/base32.ts';
import { SetupError } from '../../../base/fault.ts';
import type { Kept, Left } from '../../../engine/import-users.ts';
import { parseStrictJson } from '../../../http/strict-json.ts';
import { bytesOf } from '../bytes.ts';
import { off, unconfirmed, unlikeOurs, type Found, type Reading } from '../found.ts';
import { cutOff, jsonItems, noList } from '../json-items.ts';
import { complaintOf, notJson, tooLong } from '../read-json.ts';
import { pbkdf2Phc, scryptPhc } from './phc.ts';

/** Bytes of one object. */
const longest = 64 * 1024;

const id = z.union([z.int(), z.string()]);
const object = z.object({ model: z.string(), pk: z.unknown(), fields: z.record(z.string(), z.unknown()) });

const userFields = z.object({
  username: z.string(),
  password: z.string(),
  email: z.string().nullish(),
  first_name: z.string().nullish(),
  last_name: z.string().nullish(),
  is_active: z.boolean(),
});

const totpFields = z.object({
  user: id,
  name: z.string().nullish(),
  confirmed: z.boolean(),
  key: z.string(),
  step: z.int(),
  t0: z.int(),
  digits: z.int(),
  drift: z.int(),
  last_t: z.int(),
});

const staticDevice = z.object({ user: id, confirmed: z.boolean() });

/** Deux's, whose key is the user's own. */
const deuxFields = z.object({
  challenge_type: z.string(),
  phone_number: z.string().nullish(),
  backup_key: z.string().nullish(),
});

/** What there is of a user beside the user. */
type Factors = { readonly authenticators: readonly Kept[]; readonly left: readonly Left[]; readonly guarded: boolean };

/** By the key of their user, as text: a third of the room that they need as objects. */
type FactorsOf = Map<string, string>;

const none: Factors = { authenticators: [], left: [], guarded: false };

// What was written by `collect` is as it was written.
const factorsIn = (factorsOf: FactorsOf, user: unknown): Factors =>
  JSON.parse(factorsOf.get(String(user)) ?? JSON.stringify(none)) as Factors;

/**
 * What `manage.py dumpdata` writes of users, of django-otp and of Deux. A user and their devices stand apart and in any order, so the file is read
 * twice: for the devices, which are kept, and then for the users.
 */
export function readDjango(file: string): Reading {
  if (file === '-') throw new SetupError('standard input can not be read twice: give a file');
  const reading = { pass: bytesOf(file), before: 0 };
  return { users: users(file, reading), fraction: () => reading.before + (reading.pass.fraction() ?? 0) / 2 };
}

async function* users(
  file: string,
  reading: { pass: ReturnType<typeof bytesOf>; before: number },
): AsyncGenerator<Found> {
  const factorsOf: FactorsOf = new Map();
  for await (const { found } of objects(reading.pass.chunks)) if (found) collect(factorsOf, found);
  reading.pass = bytesOf(file);
  reading.before = 0.5;
  for await (const { at, found, why } of objects(reading.pass.chunks)) {
    if (why !== undefined) yield { at, why };
    else if (found?.model.endsWith('.user')) yield userOf(at, found.fields, factorsIn(factorsOf, found.pk));
  }
}

type Numbered = { readonly at: string; readonly found?: z.infer<typeof object>; readonly why?: string };

async function* objects(chunks: AsyncIterable<Buffer>): AsyncGenerator<Numbered> {
  let number = 0;
  for await (const bytes of jsonItems(chunks, undefined, longest)) {
    number += 1;
    const at = `object ${number}`;
    if (bytes === cutOff) yield { at, why: 'the file ends in the middle' };
    else if (bytes === noList) yield { at: 'the file', why: 'is no list, as dumpdata writes it with --format json' };
    else if (bytes === undefined) yield { at, why: tooLong(longest) };
    else {
      const json = parseStrictJson(bytes);
      const parsed = json.ok ? object.safeParse(json.value) : undefined;
      yield parsed?.success ? { at, found: parsed.data } : { at, why: parsed ? complaintOf(parsed.error) : notJson };
    }
  }
}

function collect(factorsOf: FactorsOf, { model, pk, fields }: z.infer<typeof object>): void {
  const add = (user: unknown, made: Partial<Factors>) => {
    const { authenticators, left, guarded } = factorsIn(factorsOf, user);
    const factors: Factors = {
      authenticators: [...authenticators, ...(made.authenticators ?? [])],
      left: [...left, ...(made.left ?? [])],
      guarded: guarded || made.guarded === true,
    };
    factorsOf.set(String(user), JSON.stringify(factors));
  };
  if (model === 'otp_totp.totpdevice') return add(fields.user, totpOf(fields));
  if (model === 'otp_static.staticdevice') return add(fields.user, codesOf(fields));
  if (model.endsWith('.multifactorauth')) return add(pk, deuxOf(fields));
  if (/^otp_.*device$/.test(model))
    add(fields.user, { left: [{ what: 'another device', why: noKind }], guarded: true });
}

const noKind = 'is of a kind that can not be taken';
const noForm = 'has no form that is known';

function totpOf(fields: unknown): Partial<Factors> {
  const { data } = totpFields.safeParse(fields);
  if (!data) return { left: [{ what: 'totp', why: noForm }], guarded: true };
  if (!data.confirmed) return { left: [{ what: 'totp', why: unconfirmed }] };
  const { step: period, digits, last_t: lastStep, name } = data;
  const no = (why: string) => ({ left: [{ what: 'totp', why }], guarded: true });
  if (data.t0 !== 0) return no('counts its steps from another instant than 1970');
  if (Math.abs(data.drift) > 1) return no('its clock is off by more than one step');
  const seed = base32Encode(Buffer.from(data.key, 'hex'));
  return {
    authenticators: [{ kind: 'totp', label: name || null, kept: { seed, period, digits, lastStep } }],
    guarded: true,
  };
}

/** The tokens of a device name it and not its user, and none of them can be taken. */
function codesOf(fields: unknown): Partial<Factors> {
  const confirmed = staticDevice.safeParse(fields).data?.confirmed !== false;
  return { left: [{ what: 'recovery codes', why: unlikeOurs }], guarded: confirmed };
}

/** A phone that codes are sent to, and a backup code of the first twelve of its key's digits. */
function deuxOf(fields: unknown): Partial<Factors> {
  const { data } = deuxFields.safeParse(fields);
  if (!data) return { left: [{ what: 'sms', why: noForm }], guarded: true };
  if (data.challenge_type === '') return {};
  const { phone_number: destination, backup_key: key } = data;
  const sms = { kind: 'sms', label: null, kept: { destination } };
  const backup = { kind: 'backup', label: null, kept: { code: key?.slice(0, 12) } };
  return { authenticators: key ? [sms, backup] : [sms], guarded: true };
}

function userOf(at: string, fields: unknown, { authenticators: held, left, guarded }: Factors): Found {
  const checked = userFields.safeParse(fields);
  if (!checked.success) return { at, why: complaintOf(checked.error) };
  const { username: name, email, first_name: firstName, last_name: lastName, password } = checked.data;
  if (!checked.data.is_active) return { at, name, why: off };
  // `!` begins what nobody can log in with.
  const known = password === '' || password.startsWith('!') ? [] : [phcOf(password)];
  const authenticators = known.map((hash) => ({ kind: 'password', label: null, kept: { hash } }));
  return {
    at,
    profile: { name, email: email || null, firstName: firstName || null, lastName: lastName || null },
    authenticators: [...authenticators, ...held],
    left,
    guarded,
  };
}

/** Django's own forms as PHC strings. Salts are texts, and so are their bytes. What is none of these is refused further on. */
function phcOf(kept: string): string {
  const [algorithm = '', ...parts] = kept.split('$');
  const [first = '', second = '', third = '', p = '', hash = ''] = parts;
  if (algorithm === 'argon2') return `$${parts.join('$')}`;
  if (/^pbkdf2_sha(256|512)$/.test(algorithm))
    return pbkdf2Phc(algorithm.slice('pbkdf2_'.length), first, Buffer.from(second), Buffer.from(third, 'base64'));
  if (algorithm === 'scrypt')
    return scryptPhc(
      Math.log2(Number(first)),
      Number(third),
      Number(p),
      Buffer.from(second),
      Buffer.from(hash, 'base64'),
    );
  return kept;
}
