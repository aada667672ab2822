import { base32Encode } from '../../../base/base32.ts';
import { comparableName } from '../../../base/text.ts';
import type { SourceCredential, Skipped } from '../../../engine/operator/import-users.ts';
import { linesOf, type Bytes } from '../bytes.ts';
import type { Found, Reading } from '../found.ts';
import { tooLong } from '../read-json.ts';
import { readFields, type Fields } from './protobuf.ts';

/** Bytes of a line: a QR code holds less than 3 KiB. */
const longest = 16 * 1024;

/** The limit of entries, which are all collected by name before any is written. */
const most = 10_000;

/**
 * The lines of `otpauth-migration://offline?data=…` that an authenticator app shows as QR codes. Entries with the same name belong to one user: the name
 * is the part after the issuer and a colon.
 */
export function readMigrations({ chunks, fraction }: Bytes): Reading {
  // Standard input can be read once.
  let read: Found[] | undefined;
  async function* all(): AsyncGenerator<Found> {
    if (!read) {
      read = [];
      for await (const found of users(chunks)) read.push(found);
    }
    yield* read;
  }
  return { users: all, fraction };
}

type Gathered = {
  readonly at: string;
  readonly name: string;
  readonly authenticators: SourceCredential[];
  readonly skipped: Skipped[];
};

async function* users(chunks: AsyncIterable<Buffer>): AsyncGenerator<Found> {
  const gathered = new Map<string, Gathered>();
  let [line, count] = [0, 0];
  for await (const bytes of linesOf(chunks, longest)) {
    line += 1;
    const at = `line ${line}`;
    const uri = bytes?.toString().trim();
    if (uri === '') continue;
    const entries = uri === undefined ? undefined : entriesOf(uri);
    count += entries?.length ?? 1;
    if (count > most) {
      yield { at, why: `there are more than ${most} entries: import them in several runs` };
      break;
    }
    if (entries === undefined) {
      yield { at, why: uri === undefined ? tooLong(longest) : 'is not otpauth-migration://offline?data=…' };
      continue;
    }
    for (const [index, entry] of entries.entries()) gather(gathered, `${at}, entry ${index + 1}`, entry);
  }
  for (const { at, name, authenticators, skipped } of gathered.values())
    yield { at, profile: { name }, authenticators, skipped, guarded: true };
}

function gather(gathered: Map<string, Gathered>, at: string, entry: Fields): void {
  const name = text(entry, 2).replace(/^[^:]*:\s*/, '');
  const key = comparableName(name);
  const user = gathered.get(key) ?? { at, name, authenticators: [], skipped: [] };
  gathered.set(key, user);
  const credential = credentialOf(entry);
  if ('why' in credential) user.skipped.push(credential);
  else user.authenticators.push(credential);
}

/** The entries of one batch: field 1 of the message. */
function entriesOf(line: string): readonly Fields[] | undefined {
  const url = URL.parse(line);
  if (url?.protocol !== 'otpauth-migration:' || url.host !== 'offline') return undefined;
  // A plus sign that was not escaped has become a space.
  const data = url.searchParams.get('data')?.replaceAll(' ', '+') ?? '';
  const entries = readFields(Buffer.from(data, 'base64'))
    ?.get(1)
    ?.map((one) => (typeof one === 'object' ? readFields(one) : undefined));
  return entries?.every((one) => one !== undefined) ? entries : undefined;
}

/** The enumerations of the message. Absent or zero is the default. */
const algorithms: Readonly<Record<number, string>> = { 0: 'SHA1', 1: 'SHA1', 2: 'SHA256', 3: 'SHA512' };
const lengths: Readonly<Record<number, number>> = { 0: 6, 1: 6, 2: 8 };

function credentialOf(entry: Fields): SourceCredential | Skipped {
  const [algorithm, digits] = [algorithms[number(entry, 4)], lengths[number(entry, 5)]];
  if (number(entry, 6) !== 2) return { what: 'hotp', why: 'is not supported' };
  if (algorithm === undefined || digits === undefined) return { what: 'totp', why: 'has an unknown form' };
  const secret = entry.get(1)?.at(-1);
  const seed = base32Encode(typeof secret === 'object' ? secret : Buffer.alloc(0));
  return { kind: 'totp', label: text(entry, 3) || null, imported: { seed, algorithm, digits } };
}

function text(entry: Fields, field: number): string {
  const value = entry.get(field)?.at(-1);
  return typeof value === 'object' ? value.toString() : '';
}

function number(entry: Fields, field: number): number {
  const value = entry.get(field)?.at(-1);
  return typeof value === 'number' ? value : 0;
}
