import type { SchemaModule } from 'kysely';
import type { Flavour } from '../store.ts';
import { tableMaker } from '../table-maker.ts';

/** Counters of messages, notices, OAuth2 clients and refresh tokens. `tables.ts` describes the columns. */
export async function up(schema: SchemaModule, flavour: Flavour): Promise<void> {
  const { create, index, unique, instant } = tableMaker(schema, flavour);

  await create('sends', (table) =>
    table
      .addColumn('destination', 'text', (c) => c.primaryKey())
      .addColumn('last_at', instant, (c) => c.notNull())
      .addColumn('day_began', instant, (c) => c.notNull())
      .addColumn('in_day', 'integer', (c) => c.notNull()),
  );
  await index('sends', 'last_at');

  await create('notices', (table) =>
    table
      .addColumn('attempt_id', 'text', (c) => c.primaryKey())
      .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
      .addColumn('to', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('factor', 'text')
      .addColumn('at', instant, (c) => c.notNull())
      .addColumn('tries', 'integer', (c) => c.notNull())
      .addColumn('due_at', instant, (c) => c.notNull()),
  );
  await index('notices', 'due_at');

  await create('clients', (table) =>
    table
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('secret_hash', 'text')
      .addColumn('grant_types', 'text', (c) => c.notNull())
      .addColumn('scope', 'text', (c) => c.notNull())
      .addColumn('created_at', instant, (c) => c.notNull()),
  );
  await index('clients', 'account_id');

  await create('refresh_tokens', (table) =>
    table
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('token_hash', 'text', (c) => c.notNull())
      .addColumn('session_id', 'text', (c) => c.notNull().references('sessions.id').onDelete('cascade'))
      .addColumn('scope', 'text', (c) => c.notNull())
      .addColumn('created_at', instant, (c) => c.notNull())
      .addColumn('expires_at', instant, (c) => c.notNull())
      .addColumn('used_at', instant),
  );
  await unique('refresh_tokens', 'token_hash');
  await index('refresh_tokens', 'session_id');

  await schema.alterTable('sessions').addColumn('client_id', 'text').execute();
}
