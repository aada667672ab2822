import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { opaqueToken, uuid } from '../../base/random.ts';
import {
  deleteClient,
  findClient,
  insertClient,
  listClients,
  updateClient,
  type ClientChanges,
  type OAuthClient,
} from '../../store/clients.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import { isAdministrator, type Caller } from '../session/authenticate.ts';

/** `isPublic`: a client that can keep no secret, such as an app on a phone. */
export type NewClient = Pick<OAuthClient, 'name' | 'grantTypes' | 'scope' | 'isPublic'>;

export type MadeClient = { readonly client: OAuthClient; /** Shown once. */ readonly secret: string | undefined };

/** The administrator who manages clients; undefined for the operator. */
export type ClientManager = Pick<Caller, 'userId'> | undefined;

/** Makes an OAuth2 client of an account. */
export async function makeClient(
  ctx: RequestContext,
  manager: ClientManager,
  given: NewClient & Pick<OAuthClient, 'accountId'>,
): Promise<MadeClient> {
  const { now } = ctx;
  const client = { id: uuid(ctx.random, now), ...given, createdAt: now };
  const secret = client.isPublic ? undefined : opaqueToken(ctx.random);
  return ctx.store.db.transaction().execute(async (db) => {
    const tx = { ...ctx, store: { ...ctx.store, db } };
    await insertClient(tx.store, client, secret);
    await logSuccess(tx, {
      action: 'client.make',
      accountId: given.accountId,
      userId: manager?.userId ?? null,
      objectId: client.id,
    });
    return { client, secret };
  });
}

/** The account whose clients the caller manages. */
export function managedAccount(caller: Caller): Outcome<string, Reason> {
  return isAdministrator(caller) ? success(caller.accountId) : refuse('forbidden');
}

export async function browseClients(
  ctx: RequestContext,
  caller: Caller,
): Promise<Outcome<readonly OAuthClient[], Reason>> {
  const account = managedAccount(caller);
  return account.ok ? success(await listClients(ctx.store, account.value)) : account;
}

/** A client of the caller's account. */
export async function reachClient(
  ctx: RequestContext,
  caller: Caller,
  id: string,
): Promise<Outcome<OAuthClient, Reason>> {
  const account = managedAccount(caller);
  if (!account.ok) return account;
  const client = await findClient(ctx.store, id);
  return client?.accountId === account.value ? success(client) : refuse('not_found');
}

export async function changeClient(
  ctx: RequestContext,
  manager: ClientManager,
  { client: { id, accountId }, changes }: { readonly client: OAuthClient; readonly changes: ClientChanges },
): Promise<Outcome<OAuthClient, Reason>> {
  return withTransaction(ctx, async (tx) => {
    const changed = await updateClient(tx.store, id, changes);
    if (!changed) return refuse('not_found');
    const tried = { action: 'client.change', accountId, userId: manager?.userId ?? null, objectId: id };
    await logSuccess(tx, tried);
    return success(changed);
  });
}

/** Removes a client, and with it every session that was made for it. */
export async function removeClient(
  ctx: RequestContext,
  manager: ClientManager,
  { id, accountId }: OAuthClient,
): Promise<Outcome<undefined, Reason>> {
  return withTransaction(ctx, async (tx) => {
    if (!(await deleteClient(tx.store, id))) return refuse('not_found');
    const tried = { action: 'client.remove', accountId, userId: manager?.userId ?? null, objectId: id };
    await logSuccess(tx, tried);
    return success(undefined);
  });
}

/** The client that an id and secret prove (RFC 6749 section 2.3). A public one shows its id alone. */
export async function proveClient(
  ctx: RequestContext,
  { id, secret }: { readonly id: string; readonly secret: string | undefined },
): Promise<Outcome<OAuthClient, Reason>> {
  const client = await findClient(ctx.store, id);
  return client?.proves(secret) ? success(client) : refuse('invalid_client');
}
