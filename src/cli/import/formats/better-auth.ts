import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { base32Encode } from '../../../base/base32.ts';
import { SetupError } from '../../../base/fault.ts';
import type { Kept, Left } from '../../../engine/import-users.ts';
import { off, unconfirmed, unlikeOurs, type Found, type Reading } from '../found.ts';
import { complaintOf } from '../read-json.ts';
import { scryptPhc } from './phc.ts';
import { openXChaCha } from './xchacha.ts';

const text = z.string().nullish();
const flag = z.union([z.number(), z.string()]).nullish();

/** A row of what `query` asks for. SQLite keeps to no types, so neither do we. */
const row = z.object({
  email: z.string(),
  username: text,
  phoneNumber: text,
  banned: flag,
  twoFactorEnabled: flag,
  password: text,
  secret: text,
  backupCodes: text,
  verified: flag,
});

/** The SQLite database of an application with Better Auth 1.x: its users, their passwords, and what its plugin `twoFactor` keeps. */
export function readBetterAuth(file: string, secret: string | undefined): Reading {
  if (file === '-') throw new SetupError('a database can not be read from standard input: give a file');
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const select = query(tablesOf(database, file, secret));
    const total = Number(database.prepare('select count(*) as users from user').get()?.users);
    const progress = { read: 0 };
    const key = createHash('sha256').update(secret ?? '');
    const found = users(database, select, key.digest(), progress);
    return { users: found, fraction: () => (total === 0 ? 1 : progress.read / total) };
  } catch (error) {
    database.close();
    throw error;
  }
}

type Tables = Readonly<Record<'user' | 'twoFactor', ReadonlySet<string>>>;

/** The columns that there are, of a database that can be read with what the operator gave. */
function tablesOf(database: DatabaseSync, file: string, secret: string | undefined): Tables {
  const info = database.prepare('select name from pragma_table_info(?)');
  const columns = (table: string) => new Set(info.all(table).map(({ name }) => String(name)));
  const tables = { user: columns('user'), twoFactor: columns('twoFactor') };
  if (!tables.user.has('email') || columns('account').size === 0)
    throw new SetupError(`${file} is no database of Better Auth: it has no tables user and account`);
  if (tables.twoFactor.size > 0 && !secret)
    throw new SetupError(
      'set BETTER_AUTH_SECRET to the secret of the application: the second factors are encrypted with it',
    );
  return tables;
}

/** Columns of plugins that the application does not use are not there. */
function query({ user, twoFactor }: Tables): string {
  const own = (table: string, has: ReadonlySet<string>, names: readonly string[]) =>
    names.map((name) => (has.has(name) ? `${table}."${name}"` : `null as "${name}"`));
  const columns = [
    ...own('u', user, ['email', 'username', 'phoneNumber', 'banned', 'twoFactorEnabled']),
    'a.password',
    ...own('t', twoFactor, ['secret', 'backupCodes', 'verified']),
  ];
  // Joined, so that SQLite makes an index of its own where the application has none.
  const account = `left join account a on a."userId" = u.id and a."providerId" = 'credential'`;
  const second = twoFactor.size > 0 ? 'left join "twoFactor" t on t."userId" = u.id' : '';
  return `select ${columns.join(', ')} from "user" u ${account} ${second} order by u.id`;
}

async function* users(
  database: DatabaseSync,
  select: string,
  key: Buffer,
  progress: { read: number },
): AsyncGenerator<Found> {
  try {
    for (const given of database.prepare(select).iterate()) {
      progress.read += 1;
      const at = `user ${progress.read}`;
      const read = row.safeParse(given);
      yield read.success ? userOf(at, read.data, key) : { at, why: complaintOf(read.error) };
    }
  } finally {
    database.close();
  }
}

function userOf(at: string, given: z.infer<typeof row>, key: Buffer): Found {
  const { email, username, phoneNumber: phone, password } = given;
  const name = username ?? email;
  if (isSet(given.banned)) return { at, name, why: off };
  const guarded = isSet(given.twoFactorEnabled);
  const left: Left[] = [];
  const authenticators: Kept[] = [];
  if (password) authenticators.push({ kind: 'password', label: null, kept: { hash: phcOf(password) } });
  if (given.secret) {
    const seed = seedOf(given.secret, key);
    const works = guarded && isSet(given.verified ?? 1);
    if (!works) left.push({ what: 'totp', why: unconfirmed });
    else if (seed === undefined) left.push({ what: 'totp', why: 'BETTER_AUTH_SECRET does not open it' });
    else authenticators.push({ kind: 'totp', label: null, kept: { seed } });
  }
  if (given.backupCodes && guarded) left.push({ what: 'recovery codes', why: unlikeOurs });
  return { at, profile: { name, email, phone }, authenticators, left, guarded };
}

const isSet = (flagged: z.infer<typeof flag>) => flagged === 1 || flagged === 'true' || flagged === '1';

/** `salt:key`, both in hexadecimal digits; the salt's digits are what was hashed with. */
function phcOf(kept: string): string {
  const [salt = '', key = ''] = kept.split(':');
  return scryptPhc(14, 16, 1, Buffer.from(salt), Buffer.from(key, 'hex'));
}

/** Under the SHA-256 of the application's secret, in hexadecimal digits; `$ba$N$` before it names one of several secrets. */
function seedOf(kept: string, key: Buffer): string | undefined {
  const opened = openXChaCha(key, Buffer.from(kept.replace(/^\$ba\$\d+\$/, ''), 'hex'));
  if (opened === undefined) return undefined;
  // The text itself is the key, but for those which came in from elsewhere.
  const prefix = 'base32:';
  return opened.startsWith(prefix) ? opened.slice(prefix.length) : base32Encode(Buffer.from(opened));
}
