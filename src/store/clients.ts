import type { Store } from './store.ts';
import { readTexts } from './lists.ts';

/** An OAuth2 client of an account. */
export type OAuthClient = {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly grantTypes: readonly string[];
  /** Space-separated (RFC 6749 section 3.3). */
  readonly scope: string;
  readonly createdAt: number;
  /** It has no secret and shows its id alone. */
  readonly isPublic: boolean;
};

const context = 'oauth_client';

/** A client with its secret, or a public one without. */
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
    })
    .execute();
}

export type KnownClient = OAuthClient & {
  /** Whether the client has a secret, and this is it. */
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
  readonly [Member in 'name' | 'grantTypes' | 'scope']?: OAuthClient[Member] | undefined;
};

/** Changes what is given and nothing else, so that of two changes at once none is lost. Answers with the client as it is then. */
export async function updateClient(
  { db }: Store,
  id: string,
  { name, grantTypes, scope }: ClientChanges,
): Promise<OAuthClient | undefined> {
  const row = await db
    .updateTable('clients')
    .set((column) => ({
      name: name ?? column.ref('name'),
      grant_types: grantTypes ? JSON.stringify(grantTypes) : column.ref('grant_types'),
      scope: scope ?? column.ref('scope'),
    }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row && read(row);
}

/** Sessions of a client that is gone are not in force; its own go with it, so call this in a transaction. */
export async function deleteClient({ db }: Store, id: string): Promise<boolean> {
  await db.deleteFrom('sessions').where('client_id', '=', id).execute();
  const result = await db.deleteFrom('clients').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

type ClientRow = {
  id: string;
  account_id: string;
  name: string;
  secret_hash: string | null;
  grant_types: string;
  scope: string;
  created_at: number;
};

function read({ id, account_id, name, secret_hash, grant_types, scope, created_at }: ClientRow): OAuthClient {
  const isPublic = secret_hash === null;
  return {
    id,
    accountId: account_id,
    name,
    grantTypes: readTexts(grant_types),
    scope,
    createdAt: created_at,
    isPublic,
  };
}
