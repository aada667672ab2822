import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { countByKey, hashedColumns, sealedColumns } from '../../src/store/key-columns.ts';
import { keyScene } from '../engine/upkeep/key-scene.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import type { TestEngine } from '../../kit/test-engine.ts';

const names = (columns: readonly { readonly table: string; readonly column: string }[]) =>
  columns.map(({ table, column }) => `${table}.${column}`);

/** Every value of every table, by its column. */
async function valuesOf({ ctx }: TestEngine): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const { db } = ctx.store;
  const values = new Map<string, unknown[]>();
  for (const { name, columns } of await db.introspection.getTables()) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(db);
    for (const column of columns) {
      const found = rows.map((row) => row[column.name]).filter((value) => value !== null);
      values.set(`${name}.${column.name}`, found);
    }
  }
  return values;
}

/** The columns in which a value names one of these keys. */
function naming(values: ReadonlyMap<string, readonly unknown[]>, keyIds: readonly string[]): readonly string[] {
  const isNamed = (value: unknown) => typeof value === 'string' && keyIds.some((id) => value.includes(`${id}.`));
  return [...values].filter(([, column]) => column.some(isNamed)).map(([name]) => name);
}

/**
 * Columns that no test of ours makes a sealed value or a keyed hash in, for they hold neither. Who adds a column decides: here, or in the
 * lists of `key-columns.ts`; and in the scene, where it names a key.
 */
const plain: Readonly<Record<string, string>> = {
  migrations: 'name applied_at',
  meta: 'key',
  accounts: 'id parent_id name name_key realm revision created_at enabled',
  account_ancestors: 'account_id ancestor_id depth',
  providers: 'id account_id provider_name name enabled revision created_at updated_at',
  security: 'account_id auth_modules rules revision updated_at',
  users:
    'id account_id name name_key email email_key first_name last_name roles verified service_id epoch created_at updated_at version enabled',
  authenticators: 'id user_id kind label status revision created_at updated_at last_used_at expires_at scope maker_id',
  challenges:
    'id user_id auth_module amr epoch created_at expires_at closed_at kinds auth_config_origin mfa_config_origin enrolls service_id session_id action purpose client_id scope key_id',
  prompts: 'challenge_id kind provider_account_id provider_id expires_at',
  spent_replies: 'provider_id reply until',
  sessions:
    'id user_id auth_module epoch amr second_factor_at auth_time expires_at revoked_at client_ip user_agent client_id scope key_id generation generation_from refresh_from first_factor_at second_kinds raised',
  throttles: 'kind failures last_at',
  sends: 'last_at day_began in_day',
  notices: 'attempt_id user_id name factor at tries due_at in_digest count last_at',
  clients: 'id account_id name grant_types scope scopes default_scopes audiences created_at',
  refresh_tokens:
    'id session_id scope created_at expires_at used_at generation amr auth_time second_factor_at second_kinds',
  attempts:
    'id at account_id user_id action auth_module factor outcome reason session_id client_ip user_agent request_id provider_name auth_config_origin mfa_config_origin object_id detail strand seq',
  attempt_chains: 'strand seq base_seq',
  attempt_register: 'id',
};

const plainColumns = Object.entries(plain).flatMap(([table, columns]) =>
  columns.split(' ').map((column) => `${table}.${column}`),
);

onEachDatabase('the columns that name keys', (database) => {
  test('and those that name none are all that there are', async () => {
    await using engine = (await keyScene(database)).engine;
    const known = [...names(sealedColumns), ...names(hashedColumns), 'meta.value', ...plainColumns];
    assert.deepEqual([...(await valuesOf(engine)).keys()].toSorted(), known.toSorted());
  });

  test('of sealed values are those in which a sealing key is named', async () => {
    const { engine, ring } = await keyScene(database);
    await using _ = engine;
    const found = naming(
      await valuesOf(engine),
      ring.sealing.map(({ id }) => id),
    );
    assert.deepEqual(found.toSorted(), [...names(sealedColumns), 'meta.value'].toSorted());
  });

  test('of keyed hashes are those in which a hashing key is named', async () => {
    const { engine, ring } = await keyScene(database);
    await using _ = engine;
    const found = naming(
      await valuesOf(engine),
      ring.mac.map(({ id }) => id),
    );
    // Nothing was pruned here.
    const pruned = ['attempt_chains.base_hash', 'attempt_chains.base_seal'];
    assert.deepEqual([...found, ...pruned].toSorted(), [...names(hashedColumns), 'meta.value'].toSorted());
  });

  test('are counted by key', async () => {
    const { engine, ring } = await keyScene(database);
    await using _ = engine;
    const { db } = engine.ctx.store;
    for (const [columns, key] of [
      [sealedColumns, ring.sealing[0]],
      [hashedColumns, ring.mac[0]],
    ] as const) {
      for (const { table, column, ...more } of columns) {
        const values = (await valuesOf(engine)).get(`${table}.${column}`) ?? [];
        const named = values.filter((value) => String(value).includes(`${key?.id}.`)).length;
        assert.deepEqual(await countByKey(db, { table, column, ...more }, ['none', key?.id ?? '']), [0, named], column);
      }
    }
  });
});
