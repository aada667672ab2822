import { sql, type Kysely, type SchemaModule } from 'kysely';
import type { Flavour } from '../store.ts';
import { tableMaker } from '../table-maker.ts';
import type { Tables } from '../tables.ts';

/** The tree of accounts, their configuration, and more columns of the audit log. `tables.ts` describes the columns. */
export async function up(schema: SchemaModule, flavour: Flavour, db: Kysely<Tables>): Promise<void> {
  const { create, index, instant } = tableMaker(schema, flavour);

  await schema.alterTable('accounts').addColumn('realm', 'text').execute();
  await schema
    .alterTable('accounts')
    .addColumn('revision', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();

  await create('account_ancestors', (table) =>
    table
      .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.id').onDelete('cascade'))
      .addColumn('ancestor_id', 'text', (c) => c.notNull().references('accounts.id'))
      .addColumn('depth', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('account_ancestors_key', ['account_id', 'ancestor_id']),
  );
  await index('account_ancestors', 'ancestor_id', 'depth');
  await sql`
    insert into account_ancestors (account_id, ancestor_id, depth)
    with recursive up (account_id, ancestor_id, depth) as (
      select id, id, 0 from accounts
      union all
      select up.account_id, accounts.parent_id, up.depth + 1
      from up join accounts on accounts.id = up.ancestor_id
      where accounts.parent_id is not null
    )
    select account_id, ancestor_id, depth from up`.execute(db);

  await create('providers', (table) =>
    table
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('account_id', 'text', (c) => c.references('accounts.id').onDelete('cascade'))
      .addColumn('provider_name', 'text', (c) => c.notNull())
      .addColumn('name', 'text')
      .addColumn('enabled', 'integer', (c) =>
        c
          .notNull()
          .defaultTo(0)
          .check(sql`enabled in (0, 1)`),
      )
      .addColumn('settings', 'text', (c) => c.notNull())
      .addColumn('revision', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('created_at', instant, (c) => c.notNull())
      .addColumn('updated_at', instant, (c) => c.notNull()),
  );
  await index('providers', 'account_id');
  await schema
    .createIndex('providers_of_the_system')
    .on('providers')
    .column('provider_name')
    .unique()
    .where(sql<boolean>`account_id is null`)
    .execute();

  await create('security', (table) =>
    table
      .addColumn('account_id', 'text', (c) => c.primaryKey().references('accounts.id').onDelete('cascade'))
      .addColumn('auth_modules', 'text', (c) => c.notNull())
      .addColumn('revision', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('updated_at', instant, (c) => c.notNull()),
  );

  // The kinds of factor that may answer a challenge, and the accounts whose configuration required it.
  for (const column of ['kinds', 'auth_config_origin', 'mfa_config_origin'])
    await schema.alterTable('challenges').addColumn(column, 'text').execute();
  for (const column of ['provider_name', 'auth_config_origin', 'mfa_config_origin', 'object_id'])
    await schema.alterTable('attempts').addColumn(column, 'text').execute();
}
