import { sql, type SchemaModule } from 'kysely';
import type { Flavour } from '../store.ts';
import { tableMaker } from '../table-maker.ts';

/** Accounts, users, authenticators, challenges, sessions, throttles and attempts. `tables.ts` describes the columns. */
export async function up(schema: SchemaModule, flavour: Flavour): Promise<void> {
  const { create, index, unique, instant } = tableMaker(schema, flavour);

  await create('meta', (table) =>
    table.addColumn('key', 'text', (c) => c.primaryKey()).addColumn('value', 'text', (c) => c.notNull()),
  );

  await create('accounts', (table) =>
    table
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('parent_id', 'text', (c) => c.references('accounts.id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('name_key', 'text', (c) => c.notNull())
      .addColumn('created_at', instant, (c) => c.notNull()),
  );
  await index('accounts', 'parent_id');
  await unique('accounts', 'name_key');

  await create('users', (table) =>
    table
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('name_key', 'text', (c) => c.notNull())
      .addColumn('email', 'text')
      .addColumn('email_key', 'text')
      .addColumn('phone', 'text')
      .addColumn('first_name', 'text')
      .addColumn('last_name', 'text')
      .addColumn('roles', 'text', (c) => c.notNull())
      .addColumn('verified', 'integer', (c) =>
        c
          .notNull()
          .defaultTo(0)
          .check(sql`verified in (0, 1)`),
      )
      .addColumn('epoch', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('created_at', instant, (c) => c.notNull())
      .addColumn('updated_at', instant, (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull().defaultTo(0)),
  );
  await unique('users', 'account_id', 'name_key');
  await index('users', 'account_id', 'email_key');

  await create('authenticators', (table) =>
    table
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('label', 'text')
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('lookup', 'text')
      .addColumn('status', 'text', (c) => c.notNull().check(sql`status in ('pending', 'active')`))
      .addColumn('revision', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('created_at', instant, (c) => c.notNull())
      .addColumn('updated_at', instant, (c) => c.notNull())
      .addColumn('last_used_at', instant)
      .addColumn('expires_at', instant),
  );
  await index('authenticators', 'user_id', 'lookup');
  await index('authenticators', 'expires_at');

  await create('challenges', (table) =>
    table
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('token_hash', 'text', (c) => c.notNull())
      .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
      .addColumn('auth_module', 'text', (c) => c.notNull())
      .addColumn('amr', 'text', (c) => c.notNull())
      .addColumn('epoch', 'integer', (c) => c.notNull())
      .addColumn('created_at', instant, (c) => c.notNull())
      .addColumn('expires_at', instant, (c) => c.notNull())
      .addColumn('closed_at', instant),
  );
  await unique('challenges', 'token_hash');
  await index('challenges', 'user_id');
  await index('challenges', 'expires_at');

  await create('sessions', (table) =>
    table
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
      .addColumn('auth_module', 'text', (c) => c.notNull())
      .addColumn('epoch', 'integer', (c) => c.notNull())
      .addColumn('amr', 'text', (c) => c.notNull())
      .addColumn('second_factor_at', instant)
      .addColumn('auth_time', instant, (c) => c.notNull())
      .addColumn('expires_at', instant, (c) => c.notNull())
      .addColumn('revoked_at', instant)
      .addColumn('client_ip', 'text')
      .addColumn('user_agent', 'text'),
  );
  await index('sessions', 'user_id');
  await index('sessions', 'expires_at');

  await create('throttles', (table) =>
    table
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('failures', 'integer', (c) => c.notNull())
      .addColumn('last_at', instant, (c) => c.notNull())
      .addPrimaryKeyConstraint('throttles_key', ['subject', 'kind']),
  );
  await index('throttles', 'last_at');

  // No foreign keys: events are kept after their users and accounts are deleted.
  await create('attempts', (table) =>
    table
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('at', instant, (c) => c.notNull())
      .addColumn('account_id', 'text')
      .addColumn('user_id', 'text')
      .addColumn('action', 'text', (c) => c.notNull())
      .addColumn('auth_module', 'text')
      .addColumn('factor', 'text')
      .addColumn('outcome', 'text', (c) => c.notNull().check(sql`outcome in ('success', 'failed')`))
      .addColumn('reason', 'text')
      .addColumn('session_id', 'text')
      .addColumn('client_ip', 'text')
      .addColumn('user_agent', 'text')
      .addColumn('request_id', 'text'),
  );
  await index('attempts', 'account_id', 'id');
  await index('attempts', 'user_id', 'id');
}
