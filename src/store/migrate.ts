import { sql, type Kysely } from 'kysely';
import { SetupError } from '../base/fault.ts';
import * as first from './migrations/0001-first.ts';
import * as messagesAndClients from './migrations/0002-messages-and-clients.ts';
import * as accountTree from './migrations/0003-account-tree.ts';
import * as promptsAndEnrollments from './migrations/0004-prompts-and-enrollments.ts';
import * as attemptChain from './migrations/0005-attempt-chain.ts';
import * as pages from './migrations/0006-pages.ts';
import * as challengesDoor from './migrations/0007-challenges-door.ts';
import * as externalUsers from './migrations/0008-external-users.ts';
import * as noticeShares from './migrations/0009-notice-shares.ts';
import * as prompts from './migrations/0010-prompts.ts';
import * as generations from './migrations/0011-generations.ts';
import * as accountRules from './migrations/0013-account-rules.ts';
import * as enabled from './migrations/0014-enabled.ts';
import * as clientScopes from './migrations/0015-client-scopes.ts';
import * as manageKeys from './migrations/0016-manage-keys.ts';
import * as kindsOfRefreshTokens from './migrations/0017-kinds-of-refresh-tokens.ts';
import { withoutLimits } from './postgres.ts';
import type { Database, Flavour } from './store.ts';
import type { Tables } from './tables.ts';

/** In the order in which they run. A released migration is never changed. */
const migrations = [
  { name: '0001-first', up: first.up },
  { name: '0002-messages-and-clients', up: messagesAndClients.up },
  { name: '0003-account-tree', up: accountTree.up },
  { name: '0004-prompts-and-enrollments', up: promptsAndEnrollments.up },
  { name: '0005-attempt-chain', up: attemptChain.up },
  { name: '0006-pages', up: pages.up },
  { name: '0007-challenges-door', up: challengesDoor.up },
  { name: '0008-external-users', up: externalUsers.up },
  { name: '0009-notice-shares', up: noticeShares.up },
  { name: '0010-prompts', up: prompts.up },
  { name: '0011-generations', up: generations.up },
  { name: '0013-account-rules', up: accountRules.up },
  { name: '0014-enabled', up: enabled.up },
  { name: '0015-client-scopes', up: clientScopes.up },
  { name: '0016-manage-keys', up: manageKeys.up },
  { name: '0017-kinds-of-refresh-tokens', up: kindsOfRefreshTokens.up },
];

/**
 * Migrates the database to this version, in one transaction under a lock, so that several nodes may start at once.
 * Returns the names of the migrations that ran. Throws if the database has migrations of a newer version.
 */
export async function migrate({ db, flavour }: Database, now: number): Promise<readonly string[]> {
  const { ran, isUpgrade } = await db.transaction().execute(async (tx) => {
    await lock(tx, flavour);
    await tx.schema
      .createTable('migrations')
      .ifNotExists()
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('applied_at', flavour === 'sqlite' ? 'integer' : 'bigint', (column) => column.notNull())
      .execute();
    const applied = new Set((await tx.selectFrom('migrations').select('name').execute()).map((row) => row.name));
    const unknown = [...applied].filter((name) => !migrations.some((migration) => migration.name === name));
    if (unknown.length > 0) {
      throw new SetupError(
        `the database is newer than this program (it has ${unknown.join(', ')}): install a newer countersign`,
      );
    }
    const missing = migrations.filter(({ name }) => !applied.has(name));
    for (const { name, up } of missing) {
      await up(tx.schema, flavour, tx);
      await tx.insertInto('migrations').values({ name, applied_at: now }).execute();
    }
    return { ran: missing.map(({ name }) => name), isUpgrade: applied.size > 0 && missing.length > 0 };
  });
  if (flavour === 'postgres' && isUpgrade) await endOlderConnections(db);
  return ran;
}

/** The names of the migrations that have not run, and of those that only a newer version knows. Changes nothing. */
export async function pendingMigrations({
  db,
}: Pick<Database, 'db'>): Promise<{ readonly missing: readonly string[]; readonly unknown: readonly string[] }> {
  const known = migrations.map(({ name }) => name);
  const tables = await db.introspection.getTables();
  const isEmpty = !tables.some(({ name }) => name === 'migrations');
  const applied = isEmpty ? [] : (await db.selectFrom('migrations').select('name').execute()).map(({ name }) => name);
  return {
    missing: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

/**
 * Waits until no other node migrates. SQLite's `begin immediate` is such a lock already; for PostgreSQL any constant
 * number will do.
 */
async function lock(tx: Kysely<Tables>, flavour: Flavour): Promise<void> {
  if (flavour !== 'postgres') return;
  // A new index on a big table may take longer than the limits of a request, and so may waiting for the node that
  // creates it.
  await sql.raw(withoutLimits).execute(tx);
  await sql`select pg_advisory_xact_lock(7116420163)`.execute(tx);
}

/**
 * Ends the connections of nodes that run already. These have prepared statements for the tables as they were, which
 * PostgreSQL refuses from now on ("cached plan must not change result type"). A pool replaces an idle connection without
 * an error; so a busy one is waited for, but not long. A new one has no statements yet: its node is just starting.
 */
async function endOlderConnections(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ now: string }>`select clock_timestamp()::text as now`.execute(db);
  const older = sql`from pg_stat_activity
    where datname = current_database() and usename = current_user and pid <> pg_backend_pid()
      and backend_type = 'client backend' and query <> '' and backend_start < ${rows[0]?.now}::timestamptz`;
  for (let attempts = 0; attempts < 20; attempts += 1) {
    await sql`select pg_terminate_backend(pid) ${older} and state = 'idle'`.execute(db);
    const left = await sql`select pid ${older}`.execute(db);
    if (left.rows.length === 0) return;
    await sql`select pg_sleep(0.1)`.execute(db);
  }
}
