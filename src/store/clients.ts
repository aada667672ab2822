import type { Store } from './store.ts';
import { readTexts } from './lists.ts';

/** An OAuth2 client of an account. */
export type OAuthClient = {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly grantTypes: readonly string[];
  /** Words of the client's own, space-separated (RFC 6749 section 3.3). They permit nothing here. */
  readonly scope: string;
  /** The scopes that it may get, and those that it gets if it asks for none. Absent for clients of version 0.1.0. */
  readonly scopes?: readonly string[];
  readonly defaultScopes?: readonly string[];
  /** The audiences of its access tokens; the default if there are none. */
  readonly audiences?: readonly string[];
  readonly createdAt: number;
  /** A public client has no secret and identifies itself by its id alone (RFC 6749 section 2.1). */
  readonly isPublic: boolean;
};

const context = 'oauth_client';

/** Inserts a client. `secret` is undefined for a public client. */
export async function insertClient(
  { db, safe }: Store,
  client: OAuthClient,
  secret: string | undefined,
): Promise<void> {
  await db
    .insertInto('clients')
    .values({
      id: client.id,
      account_id: client.accountId,
      name: client.name,
      secret_hash: secret === undefined ? null : safe.mac(context, `${client.id}\0${secret}`),
      grant_types: JSON.stringify(client.grantTypes),
      scope: client.scope,
      created_at: client.createdAt,
      ...listsOf(client),
    })
    .execute();
}

export type KnownClient = OAuthClient & {
  /** Whether this is the client's secret; for a public client, whether none was given. */
  readonly proves: (secret: string | undefined) => boolean;
};

export async function findClient({ db, safe }: Store, id: string): Promise<KnownClient | undefined> {
  const row = await db.selectFrom('clients').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const hash = row.secret_hash;
  return {
    ...read(row),
    proves: (secret) =>
      hash === null ? secret === undefined : secret !== undefined && safe.macMatches(context, `${id}\0${secret}`, hash),
  };
}

export async function listClients({ db }: Store, accountId: string): Promise<readonly OAuthClient[]> {
  const rows = await db.selectFrom('clients').selectAll().where('account_id', '=', accountId).orderBy('id').execute();
  return rows.map(read);
}

export type ClientChanges = {
  readonly [Member in 'name' | 'grantTypes' | 'scope' | Lists]?: OAuthClient[Member] | undefined;
};

/**
 * Updates only the members that are given, so that simultaneous changes of different members are not lost. Returns the
 * new client.
 */
export async function updateClient(
  { db }: Store,
  id: string,
  { name, grantTypes, scope, ...lists }: ClientChanges,
): Promise<OAuthClient | undefined> {
  const row = await db
    .updateTable('clients')
    .set((column) => ({
      name: name ?? column.ref('name'),
      grant_types: grantTypes ? JSON.stringify(grantTypes) : column.ref('grant_types'),
      scope: scope ?? column.ref('scope'),
      ...listsOf(lists),
    }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row && read(row);
}

/** Deletes a client and its sessions. Call it in a transaction. */
export async function deleteClient({ db }: Store, id: string): Promise<boolean> {
  await db.deleteFrom('sessions').where('client_id', '=', id).execute();
  const result = await db.deleteFrom('clients').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

type Lists = 'scopes' | 'defaultScopes' | 'audiences';

/** The columns of the lists that are given. */
function listsOf({ scopes, defaultScopes, audiences }: Pick<ClientChanges, Lists>) {
  return {
    ...(scopes && { scopes: JSON.stringify(scopes) }),
    ...(defaultScopes && { default_scopes: JSON.stringify(defaultScopes) }),
    ...(audiences && { audiences: JSON.stringify(audiences) }),
  };
}

type ClientRow = {
  scopes: string | null;
  default_scopes: string | null;
  audiences: string | null;
  id: string;
  account_id: string;
  name: string;
  secret_hash: string | null;
  grant_types: string;
  scope: string;
  created_at: number;
};

function read({ id, account_id, name, secret_hash, grant_types, scope, created_at, ...lists }: ClientRow): OAuthClient {
  const { scopes, default_scopes, audiences } = lists;
  const isPublic = secret_hash === null;
  return {
    id,
    accountId: account_id,
    name,
    grantTypes: readTexts(grant_types),
    scope,
    createdAt: created_at,
    isPublic,
    ...(scopes !== null && { scopes: readTexts(scopes) }),
    ...(default_scopes !== null && { defaultScopes: readTexts(default_scopes) }),
    ...(audiences !== null && { audiences: readTexts(audiences) }),
  };
}
