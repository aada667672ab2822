import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseUrl, withoutSslWarning } from '../../src/base/database-url.ts';

const complaintOf = (url: string) => databaseUrl.safeParse(url).error?.issues[0]?.message;

test('an unknown parameter of the URL is named, with those that are known', () => {
  assert.equal(
    complaintOf('postgres://db/name?sslmode=verify-full&pool=5'),
    'unknown parameter "pool": expected one of application_name, host, options, prepare, sslcert, sslkey, sslmode, sslrootcert',
  );
  for (const name of ['statement_timeout', 'query_timeout', 'password', 'uselibpqcompat', 'toString', 'PREPARE'])
    assert.match(complaintOf(`postgres://db/name?${name}=x`) ?? '', new RegExp(`^unknown parameter "${name}"`));
});

test('a value that a parameter does not take is refused with those that it takes', () => {
  assert.equal(
    complaintOf('postgres://db/name?sslmode=verify'),
    'the parameter sslmode: expected one of disable, no-verify, prefer, require, verify-ca, verify-full',
  );
  assert.equal(complaintOf('postgres://db/name?prepare='), 'the parameter prepare: expected one of true, false');
  assert.equal(
    complaintOf('postgres://db/name?sslmode=disable&sslmode=verify-full'),
    'the parameter sslmode appears more than once',
  );
});

test('nothing of a password with an unescaped question mark is in the message', () => {
  for (const url of ['postgres://user:12?secret@db/name', 'postgres://user:12?secret&word@db/name'])
    assert.doesNotMatch(complaintOf(url) ?? assert.fail(url), /secret|word/);
});

test('SQLite has no parameters', () => {
  assert.match(complaintOf('sqlite:./countersign.db?mode=ro') ?? '', /^an SQLite database has no parameters/);
});

test('a mode that pg treats as verify-full is given to pg by that name, and the others are left', () => {
  for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full'])
    assert.equal(
      withoutSslWarning(`postgres://db/name?prepare=false&sslmode=${mode}`),
      'postgres://db/name?prepare=false&sslmode=verify-full',
    );
  for (const url of [
    'postgres://db/name',
    'postgres://db/name?sslmode=disable&prepare=true',
    'postgres://db/name?sslmode=no-verify',
  ])
    assert.equal(withoutSslWarning(url), url);
});
