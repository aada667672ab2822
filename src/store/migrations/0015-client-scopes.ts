import type { SchemaModule } from 'kysely';

/** A challenge remembers the OAuth2 client of its login, and clients have scopes and audiences. */
export async function up(schema: SchemaModule): Promise<void> {
  for (const column of ['client_id', 'scope']) {
    await schema.alterTable('challenges').addColumn(column, 'text').execute();
  }
  for (const column of ['scopes', 'default_scopes', 'audiences']) {
    await schema.alterTable('clients').addColumn(column, 'text').execute();
  }
}
