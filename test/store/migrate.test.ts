import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { SetupError } from '../../src/base/fault.ts';
import * as first from '../../src/store/migrations/0001-first.ts';
import * as second from '../../src/store/migrations/0002-messages-and-clients.ts';
import { migrate } from '../../src/store/migrate.ts';
import { onEachDatabase } from '../../kit/databases.ts';

const all = [
  '0001-first',
  '0002-messages-and-clients',
  '0003-account-tree',
  '0004-prompts-and-enrollments',
  '0005-attempt-chain',
  '0006-pages',
  '0007-challenges-door',
  '0008-external-users',
  '0009-notice-shares',
  '0010-prompts',
  '0011-generations',
  '0013-account-rules',
  '0014-enabled',
  '0015-client-scopes',
  '0016-manage-keys',
  '0017-kinds-of-refresh-tokens',
];

const now = Date.parse('2026-11-21T12:00:00Z');

onEachDatabase('migrations', (database) => {
  test('make a bare database into ours, and say what they did', async () => {
    await using bare = await database.bare();
    assert.deepEqual(await migrate(bare, now), all);
    assert.deepEqual(
      await bare.db.selectFrom('migrations').selectAll().orderBy('name').execute(),
      all.map((name) => ({ name, applied_at: now })),
    );
    const tables = (await bare.db.introspection.getTables()).map(({ name }) => name).toSorted();
    const expected = [
      'account_ancestors',
      'accounts',
      'attempt_chains',
      'attempt_register',
      'attempts',
      'authenticators',
      'challenges',
      'clients',
      'meta',
      'migrations',
      'notices',
      'prompts',
      'providers',
      'refresh_tokens',
      'security',
      'sends',
      'sessions',
      'spent_replies',
      'throttles',
      'users',
    ];
    assert.deepEqual(tables, expected);
  });

  test('give every account that was there before the tree its place in it', async () => {
    await using bare = await database.bare();
    const { db, flavour } = bare;
    const insert = (id: string, parent_id: string | null) =>
      db.insertInto('accounts').values({ id, parent_id, name: id, name_key: id, created_at: now }).execute();
    await db.schema
      .createTable('migrations')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('applied_at', flavour === 'sqlite' ? 'integer' : 'bigint', (column) => column.notNull())
      .execute();
    for (const [name, { up }] of [['0001-first', first] as const, ['0002-messages-and-clients', second] as const]) {
      await up(db.schema, flavour);
      await db.insertInto('migrations').values({ name, applied_at: now }).execute();
    }
    await insert('root', null);
    await insert('east', 'root');
    await insert('cellar', 'east');
    assert.deepEqual(await migrate(bare, now), all.slice(2));
    const rows = await db.selectFrom('account_ancestors').selectAll().orderBy('account_id').orderBy('depth').execute();
    assert.deepEqual(
      rows.map(({ account_id, ancestor_id, depth }) => [account_id, ancestor_id, depth]),
      [
        ['cellar', 'cellar', 0],
        ['cellar', 'east', 1],
        ['cellar', 'root', 2],
        ['east', 'east', 0],
        ['east', 'root', 1],
        ['root', 'root', 0],
      ],
    );
  });

  test('run once', async () => {
    await using bare = await database.bare();
    await migrate(bare, now);
    assert.deepEqual(await migrate(bare, now + 1), []);
    assert.equal((await bare.db.selectFrom('migrations').select('applied_at as at').executeTakeFirst())?.at, now);
  });

  test('of eight that start at once, one does it', async () => {
    await using bare = await database.bare();
    const ran = await Promise.all(Array.from({ length: 8 }, () => migrate(bare, now)));
    assert.deepEqual(ran.flat(), all);
  });

  test('refuse a database that a newer program has changed, and leave it as it is', async () => {
    await using bare = await database.bare();
    await migrate(bare, now);
    await bare.db.insertInto('migrations').values({ name: '9999-later', applied_at: now }).execute();
    await assert.rejects(
      migrate(bare, now),
      (error) => error instanceof SetupError && /9999-later/.test(error.message),
    );
    assert.equal((await bare.db.selectFrom('migrations').selectAll().execute()).length, all.length + 1);
  });

  test('leave nothing behind when they fail', async () => {
    await using bare = await database.bare();
    await bare.db.schema.createTable('attempts').addColumn('id', 'text').execute();
    await assert.rejects(migrate(bare, now));
    assert.deepEqual(
      (await bare.db.introspection.getTables()).map(({ name }) => name),
      ['attempts'],
    );
  });

  test('take the time they need', { skip: database.flavour === 'sqlite' }, async () => {
    await using bare = await database.bare();
    const { db } = bare;
    await sql`create table seen (statement_timeout text)`.execute(db);
    await sql`create function look() returns event_trigger language plpgsql as
      $$ begin insert into seen values (current_setting('statement_timeout')); end $$`.execute(db);
    await sql`create event trigger watch on ddl_command_end when tag in ('CREATE INDEX') execute function look()`.execute(
      db,
    );
    await migrate(bare, now);
    const seen = await sql<{ statement_timeout: string }>`select distinct statement_timeout from seen`.execute(db);
    assert.deepEqual(seen.rows, [{ statement_timeout: '0' }]);
  });

  test('let a node that runs already go on with its warm connections, and others start', async () => {
    await using opened = await database.bare();
    await migrate(opened, now);
    const added = { challenges: ['client_id', 'scope'], clients: ['scopes', 'default_scopes', 'audiences'] };
    for (const [table, columns] of Object.entries(added)) {
      for (const column of columns) await opened.db.schema.alterTable(table).dropColumn(column).execute();
    }
    await opened.db.deleteFrom('migrations').where('name', '=', '0015-client-scopes').execute();
    const running = opened.another();
    const reads = () => Promise.all([1, 2, 3].map(() => running.db.selectFrom('clients').selectAll().execute()));
    await reads();
    const starting = Array.from({ length: 4 }, async () => {
      const node = opened.another();
      const ran = await migrate(node, now);
      await node.db.selectFrom('clients').selectAll().execute();
      return ran;
    });
    assert.deepEqual((await Promise.all(starting)).flat(), ['0015-client-scopes']);
    // The end of a connection may reach the node with the answer to its next statement. It had three.
    for (let ended = 0; ended < 3; ended += 1) {
      const failed = await reads().then(
        () => undefined,
        (error: { readonly code?: string }) => error.code,
      );
      if (failed === undefined) break;
      assert.equal(failed, '57P01');
    }
    assert.deepEqual(await reads(), [[], [], []]);
  });

  test('make tables that take no value of another type', async () => {
    await using ours = await database.open();
    const text = 'soon' as unknown as number;
    await assert.rejects(
      ours.db.insertInto('throttles').values({ subject: 'a', kind: 'b', failures: 1, last_at: text }).execute(),
    );
  });
});
