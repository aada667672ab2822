import { sql, type ExpressionBuilder, type Selectable } from 'kysely';
import { z } from 'zod';
import type { Members } from '../base/merge-patch.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

/** A configuration of a factor, of an account or of the system. */
export type Provider = {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** Null for a provider of the system. */
  readonly accountId: string | null;
  /** The kind of factor. */
  readonly providerName: string;
  readonly name: string | null;
  readonly enabled: boolean;
  /** Decrypted, with its secrets. The factor parses them. */
  readonly settings: Members;
  /** Grows with every change. */
  readonly revision: number;
};

/** A provider's owner and id. A provider is only found under its owner. */
export type ProviderPlace = Pick<Provider, 'accountId' | 'id'>;

export type NewProvider = Omit<Provider, 'revision'>;

/**
 * Inserts a provider with revision 0. Throws a duplicate error for a second provider of the same kind of the system.
 */
export async function insertProvider(store: Store, made: NewProvider, now: number): Promise<void> {
  await store.db
    .insertInto('providers')
    .values({
      id: made.id,
      account_id: made.accountId,
      provider_name: made.providerName,
      name: made.name,
      enabled: made.enabled ? 1 : 0,
      settings: sealed(store, made),
      created_at: now,
      updated_at: now,
    })
    .execute();
}

export async function findProvider(store: Store, { accountId, id }: ProviderPlace): Promise<Provider | undefined> {
  const row = await selectOf(store, accountId).where('id', '=', id).executeTakeFirst();
  return row && opened(store, row);
}

/** The system's provider of a kind. */
export async function findSystemProvider(store: Store, providerName: string): Promise<Provider | undefined> {
  const row = await selectOf(store, null).where('provider_name', '=', providerName).executeTakeFirst();
  return row && opened(store, row);
}

/** The providers of an account or of the system (null), the oldest first. */
export async function listProviders(store: Store, accountId: string | null): Promise<readonly Provider[]> {
  const rows = await selectOf(store, accountId).orderBy('id').execute();
  return rows.map((row) => opened(store, row));
}

/**
 * The enabled providers of a kind, of the system, of the account's ancestors from the root down, and of the account, in
 * that order.
 */
export async function listProvidersDownTo(
  store: Store,
  accountId: string,
  providerName: string,
): Promise<readonly Provider[]> {
  const rows = await store.db
    .selectFrom('providers')
    .leftJoin('account_ancestors', (join) =>
      join
        .onRef('account_ancestors.ancestor_id', '=', 'providers.account_id')
        .on('account_ancestors.account_id', '=', accountId),
    )
    .selectAll('providers')
    .where('provider_name', '=', providerName)
    .where('enabled', '=', 1)
    .where((where) => where.or([where('providers.account_id', 'is', null), where('depth', 'is not', null)]))
    // The system's provider has no depth and comes first.
    .orderBy(sql`coalesce(depth, ${sql.lit(depthOfSystem)})`, 'desc')
    .orderBy('providers.id')
    .execute();
  return rows.map((row) => opened(store, row));
}

/** Greater than the depth of any account. */
const depthOfSystem = 1_000_000;

/** Updates a provider if its revision is still the one that was read. False: another request changed it first. */
export async function updateProvider(
  store: Store,
  from: Provider,
  { name, enabled, settings }: Pick<Provider, 'name' | 'enabled' | 'settings'>,
  now: number,
): Promise<boolean> {
  const result = await store.db
    .updateTable('providers')
    .set({
      name,
      enabled: enabled ? 1 : 0,
      settings: sealed(store, { ...from, settings }),
      revision: from.revision + 1,
      updated_at: now,
    })
    .where('id', '=', from.id)
    .where('revision', '=', from.revision)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * Locks a provider's row until the transaction ends, so that a reference to it can be written. False: it does not
 * exist. Without the lock, on PostgreSQL, another transaction could remove the provider at the same time.
 */
export async function lockProvider({ db }: Store, { accountId, id }: ProviderPlace): Promise<boolean> {
  const result = await db
    .updateTable('providers')
    .set({ enabled: sql`enabled` })
    .where('id', '=', id)
    .where('account_id', accountId === null ? 'is' : '=', accountId)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * Deletes a provider, unless its revision has changed or an account's configuration refers to it. Call it in a
 * transaction.
 */
export async function deleteProvider(store: Store, { id, revision }: Provider): Promise<'done' | 'raced' | 'in_use'> {
  const { db } = store;
  // The row is locked before references are searched: a transaction that adds one has to lock it too.
  const locked = await db
    .updateTable('providers')
    .set({ revision: revision + 1 })
    .where('id', '=', id)
    .where('revision', '=', revision)
    .executeTakeFirst();
  if (locked.numUpdatedRows !== 1n) return 'raced';
  const result = await db
    .deleteFrom('providers')
    .where('id', '=', id)
    .where((where) => where.not(where.exists(where.selectFrom('security').select('account_id').where(names(id)))))
    .executeTakeFirst();
  return result.numDeletedRows === 1n ? 'done' : 'in_use';
}

/**
 * Whether an account's security configuration names a provider. Call it after a write of the provider: a transaction
 * that adds a reference has to lock it too.
 */
export async function isInUse({ db }: Store, id: string): Promise<boolean> {
  const row = await db.selectFrom('security').select('account_id').where(names(id)).limit(1).executeTakeFirst();
  return row !== undefined;
}

const names = (id: string) => (where: ExpressionBuilder<Tables, 'security'>) =>
  where('auth_modules', 'like', `%"${id}"%`);

function selectOf({ db }: Store, accountId: string | null) {
  return db
    .selectFrom('providers')
    .selectAll()
    .where('account_id', accountId === null ? 'is' : '=', accountId);
}

/** Binds sealed settings to their row, owner and kind. */
export const settingsPlace = ({ id, accountId, providerName }: Pick<Provider, 'id' | 'accountId' | 'providerName'>) =>
  `providers.settings.${id}.${accountId ?? 'system'}.${providerName}`;

function sealed({ safe }: Store, row: Pick<Provider, 'id' | 'accountId' | 'providerName' | 'settings'>): string {
  return safe.seal(settingsPlace(row), JSON.stringify(row.settings));
}

const members = z.record(z.string(), z.unknown());

function opened({ safe }: Store, row: Selectable<Tables['providers']>): Provider {
  const { id, name, revision } = row;
  const own = { id, accountId: row.account_id, providerName: row.provider_name };
  const settings = members.parse(JSON.parse(safe.open(settingsPlace(own), row.settings)));
  return { ...own, name, enabled: row.enabled === 1, settings, revision };
}
