import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { base32Encode } from '../../../base/base32.ts';
import { SetupError } from '../../../base/fault.ts';
import type { SourceCredential, Skipped } from '../../../engine/operator/import-users.ts';
import {
  disabledInSource,
  refusedSource,
  unconfirmed,
  foreignRecoveryCodes,
  type Found,
  type Reading,
  type SourceOptions,
} from '../found.ts';
import { problemIn } from '../read-json.ts';
import { fromClause, selectUsersSql } from './better-auth-query.ts';
import { unknownNames, type UnknownNames } from '../unknown-names.ts';
import { faultOf, isFactorName } from './better-auth-names.ts';
import { isDamaged, readTables, tableOf, type BetterAuthTables } from './better-auth-tables.ts';
import { scryptPhc } from './phc.ts';
import { openXChaCha } from './xchacha.ts';

const text = z.string().nullish();

/** A row of `selectUsersSql`. SQLite does not enforce types, so any member may have any type. */
const row = z.object({
  email: z.string(),
  username: text,
  phoneNumber: text,
  banned: z.unknown(),
  twoFactorEnabled: z.unknown(),
  password: text,
  secret: text,
  backupCodes: text,
  verified: z.unknown(),
  passkey: z.unknown(),
});

/** The SQLite database of an application with Better Auth 1.x: its users, their passwords, and the second factors of its plugin `twoFactor`. */
export function readBetterAuth(file: string, secret: string | undefined, { harmless }: SourceOptions = {}): Reading {
  if (file === '-') throw new SetupError('a database cannot be read from standard input: give a file');
  const names = unknownNames(harmless, isFactorName);
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    // One transaction reads a consistent state while the application runs.
    database.exec('begin');
    const close = () => database.close();
    if (isDamaged(database)) return { users: () => refused('is damaged or incomplete'), fraction: () => 1, close };
    const tables = readTables(database, file);
    if (tableOf(tables, 'twoFactor') && !secret)
      throw new SetupError(
        'set BETTER_AUTH_SECRET to the secret of the application: the second factors are encrypted with it',
      );
    const { users: total } = database.prepare(`select count(*) as users ${fromClause(tables)}`).get() ?? {};
    const source = {
      database,
      tables,
      names,
      key: createHash('sha256')
        .update(secret ?? '')
        .digest(),
    };
    const progress = { read: 0 };
    const fraction = () => (total === 0 ? 1 : progress.read / (2 * Number(total)));
    return { users: () => users(source, progress), fraction, close };
  } catch (error) {
    database.close();
    throw error;
  }
}

type Source = {
  readonly database: DatabaseSync;
  readonly tables: BetterAuthTables;
  readonly names: UnknownNames;
  readonly key: Buffer;
};

async function* refused(why: string): AsyncGenerator<Found> {
  yield refusedSource('the database', why);
}

async function* users({ database, tables, names, key }: Source, progress: { read: number }): AsyncGenerator<Found> {
  const fault = faultOf(database, tables, names);
  if (fault !== undefined) {
    yield* refused(fault);
    return;
  }
  let number = 0;
  for (const given of database.prepare(selectUsersSql(tables)).iterate()) {
    number += 1;
    progress.read += 1;
    const at = `user ${number}`;
    const read = row.safeParse(given);
    yield read.success ? userOf(at, read.data, key) : { at, why: problemIn(read.error) };
  }
}

const falsy = new Set(['', '0', 'false', 'null']);

/** SQLite stores booleans as applications write them. Any value that is not clearly false counts as true. */
const isTrue = (value: unknown) =>
  typeof value === 'string' ? !falsy.has(value.trim().toLowerCase()) : Boolean(value ?? false);

function userOf(at: string, given: z.infer<typeof row>, key: Buffer): Found {
  const { email, username, phoneNumber: phone, password } = given;
  const name = username ?? email;
  if (isTrue(given.banned)) return { at, name, why: disabledInSource };
  const isOn = isTrue(given.twoFactorEnabled);
  const skipped: Skipped[] = [];
  const authenticators: SourceCredential[] = [];
  if (password) authenticators.push({ kind: 'password', label: null, imported: { hash: phcOf(password) } });
  if (given.secret) {
    const seed = seedOf(given.secret, key);
    const works = isOn && isTrue(given.verified ?? 1);
    if (!works) skipped.push({ what: 'totp', why: unconfirmed });
    else if (seed === undefined) skipped.push({ what: 'totp', why: 'cannot be decrypted with BETTER_AUTH_SECRET' });
    else authenticators.push({ kind: 'totp', label: null, imported: { seed } });
  }
  const hasPasskey = isTrue(given.passkey);
  if (hasPasskey) skipped.push({ what: 'passkey', why: 'is of a kind that cannot be imported' });
  if (given.backupCodes && isOn) skipped.push({ what: 'recovery codes', why: foreignRecoveryCodes });
  return { at, profile: { name, email, phone }, authenticators, skipped, guarded: isOn || hasPasskey };
}

/** `salt:key`, both in hexadecimal digits. The salt of the hash is the text of these digits, not their bytes. */
function phcOf(kept: string): string {
  const [salt = '', key = ''] = kept.split(':');
  return scryptPhc({ ln: 14, r: 16, p: 1 }, Buffer.from(salt), Buffer.from(key, 'hex'));
}

/** Encrypted with the SHA-256 of the application's secret, in hexadecimal digits; a prefix `$ba$N$` names one of several secrets. */
function seedOf(kept: string, key: Buffer): string | undefined {
  const opened = openXChaCha(key, Buffer.from(kept.replace(/^\$ba\$\d+\$/, ''), 'hex'));
  if (opened === undefined) return undefined;
  // The bytes of the text are the key, unless the text has the prefix of an imported key.
  const prefix = 'base32:';
  return opened.startsWith(prefix) ? opened.slice(prefix.length) : base32Encode(Buffer.from(opened));
}
