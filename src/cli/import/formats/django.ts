import { z } from 'zod';
import { parseStrictJson } from '../../../http/server/strict-json.ts';
import { disabledInSource, refusedSource, type Found, type Reading, type SourceOptions } from '../found.ts';
import { cutOff, jsonItems, malformed, missingList, trailingData, duplicate, type Fault } from '../json-items.ts';
import type { Passes } from '../passes.ts';
import { problemIn, notJson, tooLong } from '../read-json.ts';
import { addRow, factorsOfUser, faultOf, isUser, newDump, type Dump } from './django-dump.ts';
import { rowShape, type DjangoFactors, type Row } from './django-factors.ts';
import { pbkdf2Phc, scryptPhc } from './phc.ts';

/** Bytes of one object. */
const longest = 64 * 1024;

const userFields = z.object({
  username: z.string(),
  password: z.string(),
  email: z.string().nullish(),
  first_name: z.string().nullish(),
  last_name: z.string().nullish(),
  is_active: z.boolean(),
});

/**
 * The dump of `manage.py dumpdata` with users, django-otp, Deux and others. Users and their devices are separate and in any order, so the
 * first pass keeps the devices. Any row that cannot be read may be a device.
 */
export function readDjango(
  { next, fraction }: Passes,
  { secondFactors = true, harmless }: SourceOptions = {},
): Reading {
  const dump = newDump(harmless);
  return { users: () => users(next(), dump, !secondFactors), fraction };
}

async function* users(chunks: AsyncIterable<Buffer>, dump: Dump, mayLackFactors: boolean): AsyncGenerator<Found> {
  for await (const { at, row, why } of rows(chunks)) {
    if (why !== undefined) {
      yield refusedSource(at, why);
      return;
    }
    if (!dump.isWhole) addRow(dump, row);
    if (isUser(row)) yield userOf(at, row, factorsOfUser(dump, row));
  }
  dump.isWhole = true;
  const fault = faultOf(dump, mayLackFactors);
  if (fault !== undefined) yield refusedSource('the file', fault);
}

type Numbered = { readonly at: string } & (
  | { readonly row: Row; readonly why?: never }
  | { readonly why: string; readonly row?: never }
);

/** Faults of the file as a whole. */
const faults: Readonly<Record<Fault, string>> = {
  [cutOff]: 'is incomplete',
  [missingList]: 'is not a list, as dumpdata writes it with --format json',
  [trailingData]: 'has more data after its list: import one dump of everything',
  [duplicate]: notJson,
  [malformed]: notJson,
};

async function* rows(chunks: AsyncIterable<Buffer>): AsyncGenerator<Numbered> {
  let number = 0;
  for await (const bytes of jsonItems(chunks, undefined, longest)) {
    number += 1;
    const at = `object ${number}`;
    if (typeof bytes === 'symbol') yield { at: 'the file', why: faults[bytes] };
    else if (bytes === undefined) yield { at, why: tooLong(longest) };
    else yield { at, ...rowOf(bytes) };
  }
}

function rowOf(bytes: Buffer): { readonly row: Row } | { readonly why: string } {
  const json = parseStrictJson(bytes);
  if (!json.ok) return { why: notJson };
  const read = rowShape.safeParse(json.value);
  return read.success ? { row: read.data } : { why: problemIn(read.error) };
}

function userOf(
  at: string,
  { fields }: Row,
  { authenticators: held = [], skipped = [], guarded = false }: DjangoFactors,
): Found {
  const checked = userFields.safeParse(fields);
  if (!checked.success) return { at, why: problemIn(checked.error) };
  const { username: name, email, first_name: firstName, last_name: lastName, password } = checked.data;
  if (!checked.data.is_active) return { at, name, why: disabledInSource };
  // `!` begins an unusable password.
  const known = password === '' || password.startsWith('!') ? [] : [phcOf(password)];
  const authenticators = known.map((hash) => ({ kind: 'password', label: null, imported: { hash } }));
  return {
    at,
    profile: { name, email: email || null, firstName: firstName || null, lastName: lastName || null },
    authenticators: [...authenticators, ...held],
    skipped,
    guarded,
  };
}

/** Converts Django's own formats to PHC strings; the bytes of a salt are those of its text. Other formats are refused later. */
function phcOf(kept: string): string {
  const [algorithm = '', ...parts] = kept.split('$');
  const [first = '', second = '', third = '', p = '', hash = ''] = parts;
  if (algorithm === 'argon2') return `$${parts.join('$')}`;
  if (/^pbkdf2_sha(256|512)$/.test(algorithm))
    return pbkdf2Phc(algorithm.slice('pbkdf2_'.length), first, Buffer.from(second), Buffer.from(third, 'base64'));
  if (algorithm === 'scrypt')
    return scryptPhc(
      { ln: Math.log2(Number(first)), r: Number(third), p: Number(p) },
      Buffer.from(second),
      Buffer.from(hash, 'base64'),
    );
  return kept;
}
