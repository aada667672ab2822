import assert from 'node:assert/strict';
import { scryptSync } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serverFolder, imports, login, password, testHarmless, testImporter } from '../../../../kit/imports.ts';
import { serve } from '../../../../kit/process.ts';

const salt = '00112233445566778899aabbccddeeff';
const options = { N: 2 ** 14, r: 16, p: 1, maxmem: 2 ** 26 };
const kept = `${salt}:${scryptSync(password, salt, 64, options).toString('hex')}`;

/** What the application's own secret opens: a row of the fixture. */
const dump = readFileSync(fileURLToPath(new URL('../../../fixtures/import/better-auth.sql', import.meta.url)), 'utf8');
const [, opened = ''] = /insert into "twoFactor" values \('[^']+', '([0-9a-f]+)'/.exec(dump) ?? [];

/** Better Auth's own names, and those of applications that write them otherwise. */
const styles = {
  camel: {
    user: 'user',
    userId: 'userId',
    on: 'twoFactorEnabled',
    factor: 'twoFactor',
    passkey: 'passkey',
    account: 'account',
    provider: 'providerId',
  },
  snake: {
    user: 'users',
    userId: 'user_id',
    on: 'two_factor_enabled',
    factor: 'two_factors',
    passkey: 'passkeys',
    account: 'accounts',
    provider: 'provider_id',
  },
};
type Style = (typeof styles)['camel'];

type Person = {
  readonly on?: unknown;
  readonly secret?: string;
  readonly passkey?: boolean;
  readonly verified?: number;
};

const people: Readonly<Record<string, Person>> = {
  nothing: { on: 0 },
  'an app': { on: 1, secret: opened },
  'an app and a passkey': { on: 1, secret: opened, passkey: true },
  'an app that was never confirmed': { on: 0, secret: opened },
  'an app that the secret does not open': { on: 1, secret: '00'.repeat(60) },
  'an app that is on and not verified': { on: 1, secret: opened, verified: 0 },
  'a flag alone': { on: 1 },
  'a flag of another type': { on: 'TRUE' },
  'a passkey': { on: 0, passkey: true },
};

function build(style: Style, given: Readonly<Record<string, Person>>, more = '') {
  return (folder: string): string => {
    const { user, userId, on, factor, passkey, account, provider } = style;
    const file = join(folder, 'app.db');
    rmSync(file, { force: true });
    const database = new DatabaseSync(file);
    database.exec(`
      create table ${user} (id text primary key, email text, username text, ${on} integer, two_fa_enabled integer, "authyId" text);
      create table ${account} (id text, ${userId} text, ${provider} text, password text, "totpSecret" text);
      create table ${factor} (id text, secret text, backup_codes text, ${userId} text, verified integer);
      create table ${passkey} (id text, ${userId} text);
      create table post (id text, ${userId} text);
      create table verification (id text);
      insert into verification values ('x')`);
    for (const [name, one] of Object.entries(given)) {
      const put = (table: string, ...values: readonly unknown[]) =>
        database
          .prepare(`insert into ${table} values (${values.map(() => '?').join(', ')})`)
          .run(...(values as string[]));
      put(user, name, `${name.replaceAll(' ', '-')}@example.com`, name, one.on ?? null, null, null);
      put(account, name, name, 'credential', kept, null);
      if (one.secret) put(factor, name, one.secret, 'codes', name, one.verified ?? null);
      if (one.passkey) put(passkey, name, name);
    }
    database.exec(more);
    database.close();
    return file;
  };
}

function cut(folder: string): string {
  const file = build(styles.camel, { ...people, ada: {} })(folder);
  writeFileSync(file, readFileSync(file).subarray(0, -4096));
  return file;
}

for (const [spelling, style] of Object.entries(styles)) {
  const { factor, passkey, user, account, provider } = style;
  const refused = (more: string, why: RegExp) => [build(style, { ...people, ada: {} }, more), why] as const;
  const named = (name: string) => new RegExp(`unknown names: ${name}; check them, and add --harmless`);
  testImporter({
    format: 'better-auth',
    source: build(style, people),
    users: {
      ...Object.fromEntries(Object.keys(people).map((name) => [name, 'is not imported' as const])),
      nothing: 'logs in',
      'an app that was never confirmed': 'logs in',
      'an app': 'is asked for a second factor',
      'an app and a passkey': 'is asked for a second factor',
    },
    refused: {
      [`an app whose user is not in it (${spelling})`]: refused(
        `insert into ${factor} values ('a', 'b', 'c', 'd', 1)`,
        /second factors without a user: two/,
      ),
      'a passkey whose user is not in it': refused(
        `insert into ${passkey} values ('a', 'd')`,
        /second factors without a user: passkey/,
      ),
      'columns and a provider that are not known': refused(
        `update ${user} set two_fa_enabled = 0, "authyId" = '1' where id = 'ada';
         update ${account} set "totpSecret" = 'x' where id = 'ada';
         insert into ${account} values ('a', 'ada', 'authy', null, null)`,
        named(`${account}.${provider}=authy, ${account}.totpSecret, ${user}.authyId, ${user}.two_fa_enabled`),
      ),
      'two columns of one name': refused(
        `alter table ${user} add column "twofactor_enabled" integer`,
        /two names for the same table or column: two/,
      ),
      'two tables of apps': refused(`create table "two_fac_tor" (id text)`, /two names for the same table or column: /),
      // These do not depend on the spelling.
      ...(spelling === 'camel' && {
        'an app without a user': refused(
          `insert into ${factor} values ('a', 'b', 'c', null, 1)`,
          /second factors without a user/,
        ),
        'a user who was removed': refused(`delete from ${user} where id = 'an app'`, /second factors without a user/),
        'rows of a table that is not known': refused(`insert into post values ('a', 'nothing')`, named('post')),
        'rows of a table with a name of JavaScript': refused(
          `create table constructor (id text); insert into constructor values ('a')`,
          named('constructor'),
        ),
        'a cut': [cut, /damaged|cut off/] as const,
      }),
    },
  });
}

test('better-auth: where no column says that it is on, everybody with a row of the plugin had a second factor', async () => {
  const server = await serve({ folder: await serverFolder() });
  const some = { ada: { secret: '00' }, bob: {}, cy: { secret: opened } };
  const file = build(styles.camel, some, 'alter table user drop column "twoFactorEnabled"')(server.folder);
  assert.equal((await imports(server.folder, ['better-auth', file])).code, 1);
  const outcomes = await Promise.all(['ada', 'bob', 'cy'].map((name) => login(server, name)));
  assert.deepEqual(outcomes, ['is not imported', 'logs in', 'is asked for a second factor']);
});

testHarmless({
  format: 'better-auth',
  source: build(
    styles.camel,
    { ada: {} },
    `insert into post values ('a', 'ada');
     create table comment (id text);
     insert into comment values ('a');
     update user set two_fa_enabled = 0, "authyId" = '[]';
     insert into account values ('b', 'ada', 'our-login', null, null)`,
  ),
  names: ['account.providerId=our-login', 'comment', 'post', 'user.two_fa_enabled'],
  factors: ['two_factor', 'passkeys', 'user.twoFactorEnabled'],
});
