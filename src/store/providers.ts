import { sql, type Selectable } from 'kysely';
import { z } from 'zod';
import type { Members } from '../base/merge-patch.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

/** A configuration of a factor: an account's, or the system's own. */
export type Provider = {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** Null: the system's. */
  readonly accountId: string | null;
  /** The kind of factor. */
  readonly providerName: string;
  readonly name: string | null;
  readonly enabled: boolean;
  /** Opened, with its secrets; whoever uses them parses them. */
  readonly settings: Members;
  /** Grows with every change. */
  readonly revision: number;
};

/** Where a provider is: only there it is found. */
export type ProviderPlace = Pick<Provider, 'accountId' | 'id'>;

export type NewProvider = Omit<Provider, 'revision'>;

/** Writes a provider at revision 0. The system has one of each kind: a second one is a duplicate. */
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

/** The system's own of one kind. */
export async function findSystemProvider(store: Store, providerName: string): Promise<Provider | undefined> {
  const row = await selectOf(store, null).where('provider_name', '=', providerName).executeTakeFirst();
  return row && opened(store, row);
}

/** What an account, or the system, has configured: the oldest first. */
export async function listProviders(store: Store, accountId: string | null): Promise<readonly Provider[]> {
  const rows = await selectOf(store, accountId).orderBy('id').execute();
  return rows.map((row) => opened(store, row));
}

/** Those of one kind that may be used, of the system, of all above an account and of the account itself, in that order. */
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
    // The system's has no depth, and is above all.
    .orderBy(sql`coalesce(depth, ${sql.lit(deepestOfAll)})`, 'desc')
    .orderBy('providers.id')
    .execute();
  return rows.map((row) => opened(store, row));
}

/** More than any account's. */
const deepestOfAll = 1_000_000;

/** Writes a provider over the revision it was read at. False: somebody else was first. */
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
 * Keeps a provider from being removed until the transaction ends, in which it then may be referred to. False: it is not there. Without
 * this PostgreSQL would let one transaction remove what another one is just referring to.
 */
export async function holdProvider({ db }: Store, { accountId, id }: ProviderPlace): Promise<boolean> {
  const result = await db
    .updateTable('providers')
    .set({ enabled: sql`enabled` })
    .where('id', '=', id)
    .where('account_id', accountId === null ? 'is' : '=', accountId)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Removes a provider at the revision it was read at, unless an account's security refers to it; call it in a transaction. */
export async function deleteProvider(store: Store, { id, revision }: Provider): Promise<'done' | 'raced' | 'in_use'> {
  const { db } = store;
  // First the row, and only with it in hand a look at who refers to it: who is about to do so holds it too.
  const taken = await db
    .updateTable('providers')
    .set({ revision: revision + 1 })
    .where('id', '=', id)
    .where('revision', '=', revision)
    .executeTakeFirst();
  if (taken.numUpdatedRows !== 1n) return 'raced';
  const result = await db
    .deleteFrom('providers')
    .where('id', '=', id)
    .where((where) =>
      where.not(
        where.exists(where.selectFrom('security').select('account_id').where('auth_modules', 'like', `%"${id}"%`)),
      ),
    )
    .executeTakeFirst();
  return result.numDeletedRows === 1n ? 'done' : 'in_use';
}

function selectOf({ db }: Store, accountId: string | null) {
  return db
    .selectFrom('providers')
    .selectAll()
    .where('account_id', accountId === null ? 'is' : '=', accountId);
}

/** Sealed settings open for their own row, owner and kind only. */
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
