import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { Client } from 'pg';
import { z } from 'zod';
import { SetupError } from '../../src/base/fault.ts';
import { explain, CommandFailed } from '../../src/cli/explain.ts';
import { plainError } from '../../src/cli/plain-error.ts';

const secret = 'hunter2hunter2';
const members = ['type', 'message', 'code', 'stack', 'cause'];

describe('what is written down of an error', () => {
  test('is its type, message, code and stack', () => {
    const error = Object.assign(new TypeError('too small'), { code: 'E_SMALL', detail: secret, parameters: [secret] });
    const { stack, ...rest } = plainError(error);
    assert.deepEqual(rest, { type: 'TypeError', message: 'too small', code: 'E_SMALL' });
    assert.match(stack ?? '', /^ {4}at .*errors\.test\.ts/);
  });

  test('is the same of its cause', () => {
    const cause = Object.assign(new Error('below'), { detail: secret });
    assert.partialDeepStrictEqual(plainError(new Error('above', { cause })), {
      message: 'above',
      cause: { message: 'below' },
    });
    assert.doesNotMatch(written(new Error('above', { cause })), /hunter2/);
  });

  test('is no value that was thrown in the place of an error', () => {
    assert.doesNotMatch(written(secret), /hunter2/);
    assert.doesNotMatch(written({ secret }), /hunter2/);
  });

  test('is nothing of the text that is no JSON', () => {
    assert.doesNotMatch(written(thrownBy(() => JSON.parse(secret))), /hunter2/);
  });

  test('is nothing of the value that does not fit a schema', () => {
    const schema = z.strictObject({ a: z.int(), b: z.enum(['x']), c: z.union([z.literal(1), z.null()]) });
    assert.doesNotMatch(written(thrownBy(() => schema.parse({ a: secret, b: secret, c: secret }))), /hunter2/);
  });

  test("is nothing of SQLite's parameters and rows", () => {
    const database = new DatabaseSync(':memory:');
    database.exec('create table t (a text primary key, b text check (length(b) < 3)) strict');
    const insert = database.prepare('insert into t (a, b) values (?, ?)');
    insert.run(secret, 'b');
    for (const values of [
      [secret, 'b'],
      ['a', secret],
    ]) {
      const error = thrownBy(() => insert.run(...values));
      assert.match(plainError(error).message, /constraint failed/);
      assert.doesNotMatch(written(error), /hunter2/);
    }
    database.close();
  });

  test("is nothing of PostgreSQL's parameters and rows", { skip: !process.env.TEST_POSTGRES_URL }, async () => {
    const client = new Client({ connectionString: process.env.TEST_POSTGRES_URL });
    await client.connect();
    await client.query(
      'create temporary table t (a text primary key, b varchar(3), c integer check (c > 0), d bigint)',
    );
    const insert = 'insert into t (a, b, c, d) values ($1, $2, $3, $4)';
    await client.query(insert, [secret, 'b', 1, 1]);
    for (const values of [
      [secret, 'b', 1, 1],
      ['a', secret, 1, 1],
      [secret, 'b', -1, 1],
      ['a', 'b', secret, 1],
      ['a', 'b', 1, secret],
      [`${secret}\0`, 'b', 1, 1],
    ]) {
      const error: unknown = await client.query(insert, values).then(
        () => assert.fail('it was taken'),
        (thrown: unknown) => thrown,
      );
      assert.match(plainError(error).code ?? '', /^2[23]/);
      assert.doesNotMatch(written(error), /hunter2/);
    }
    await client.end();
  });
});

describe('how a command explains its failure', () => {
  test('a mistake in the setup is its message, and exit code 2', () => {
    assert.deepEqual(explain(new SetupError('no keys')), { text: 'no keys', exitCode: 2 });
  });

  test('a refusal is its message, and exit code 1', () => {
    assert.deepEqual(explain(new CommandFailed('not that')), { text: 'not that', exitCode: 1 });
  });

  test('what the system or the database does not let us do needs no stack', () => {
    const surroundings: readonly (readonly [error: Error, text: string])[] = [
      [
        coded('EACCES', "EACCES: permission denied, mkdir '/data'"),
        "the system reported: EACCES: permission denied, mkdir '/data'",
      ],
      [
        coded('ENOSPC', 'ENOSPC: no space left on device, write'),
        'the system reported: ENOSPC: no space left on device, write',
      ],
      [
        coded('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:5432'),
        'the database reported: connect ECONNREFUSED 127.0.0.1:5432',
      ],
      [coded('EAI_AGAIN', 'getaddrinfo EAI_AGAIN db'), 'the database reported: getaddrinfo EAI_AGAIN db'],
      [
        coded('28P01', 'password authentication failed for user "me"'),
        'the database reported: password authentication failed for user "me"',
      ],
      [coded('3D000', 'database "x" does not exist'), 'the database reported: database "x" does not exist'],
      [new Error('Connection terminated unexpectedly'), 'the database reported: Connection terminated unexpectedly'],
      [
        new Error('The server does not support SSL connections'),
        'the database reported: The server does not support SSL connections',
      ],
      [coded('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate'), 'the database reported: self-signed certificate'],
      [
        Object.assign(coded('ERR_SQLITE_ERROR', 'database is locked'), { errcode: 5 }),
        'the database reported: database is locked',
      ],
      // SQLITE_CANTOPEN_ISDIR: a variety of CANTOPEN.
      [
        Object.assign(coded('ERR_SQLITE_ERROR', 'unable to open'), { errcode: 526 }),
        'the database reported: unable to open',
      ],
    ];
    for (const [error, text] of surroundings) assert.deepEqual(explain(error), { text, exitCode: 1 });
  });

  test('several addresses that all refuse are all named', () => {
    const refused = ['::1', '127.0.0.1'].map((address) => new Error(`connect ECONNREFUSED ${address}`));
    const error = Object.assign(new AggregateError(refused), { code: 'ECONNREFUSED' });
    assert.match(explain(error).text, /^the database reported: .*::1.*127\.0\.0\.1$/);
  });

  test('a fault of ours shows where it is', () => {
    for (const error of [
      new TypeError('x is undefined'),
      coded('ERR_INVALID_ARG_TYPE', 'bad'),
      coded('42P01', 'no table'),
      Object.assign(coded('ERR_SQLITE_ERROR', 'no such table: x'), { errcode: 1 }),
    ]) {
      const { text, exitCode } = explain(error);
      assert.match(text, new RegExp(`^internal error: (Type)?Error: ${error.message}\\n {4}at `));
      assert.equal(exitCode, 1);
    }
  });
});

test('every member that can be written is known to this test', () => {
  const all = new Error('a', { cause: Object.assign(new Error('b'), { code: 'c' }) });
  const found = new Set([plainError(all), plainError(all).cause ?? {}].flatMap((one) => Object.keys(one)));
  assert.deepEqual([...found].toSorted(), members.toSorted());
});

const written = (error: unknown) => JSON.stringify(plainError(error));

const coded = (code: string, message: string) => Object.assign(new Error(message), { code });

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}
