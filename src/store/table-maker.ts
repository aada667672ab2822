import { sql, type CreateTableBuilder, type SchemaModule } from 'kysely';
import type { Flavour } from './store.ts';

type Define<Table extends string> = (builder: CreateTableBuilder<Table>) => CreateTableBuilder<Table, string>;

/** Creates tables and indexes for migrations, with the same column types on both databases. */
export function tableMaker(schema: SchemaModule, flavour: Flavour) {
  const named = (table: string, columns: readonly string[]) =>
    schema
      .createIndex([table, ...columns].join('_'))
      .on(table)
      .columns([...columns]);
  return {
    /** The type of milliseconds since the Unix epoch. */
    instant: flavour === 'sqlite' ? ('integer' as const) : ('bigint' as const),
    create: <Table extends string>(table: Table, define: Define<Table>) => {
      const defined = define(schema.createTable(table));
      // SQLite checks types only in strict tables.
      return (flavour === 'sqlite' ? defined.modifyEnd(sql`strict`) : defined).execute();
    },
    index: (table: string, ...columns: readonly string[]) => named(table, columns).execute(),
    unique: (table: string, ...columns: readonly string[]) => named(table, columns).unique().execute(),
  };
}
