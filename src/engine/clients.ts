import { refuse, success, type Outcome } from '../base/outcome.ts';
import { opaqueToken, uuid } from '../base/random.ts';
import {
  deleteClient,
  findClient,
  insertClient,
  listClients,
  updateClient,
  type ClientChanges,
  type OAuthClient,
} from '../store/clients.ts';
import { inTransaction } from '../store/store.ts';
import type { Client, Context } from './context.ts';
import { logSuccess } from './log-attempt.ts';
import type { Reason } from './reasons.ts';
import type { Caller } from './sessions.ts';
import { operator } from './setup.ts';
import { isAdministrator } from './users.ts';

/** `isPublic`: a client that can keep no secret, such as an app on a phone. */
export type NewClient = Pick<OAuthClient, 'name' | 'grantTypes' | 'scope' | 'isPublic'>;

export type MadeClient = { readonly client: OAuthClient; /** Shown once. */ readonly secret: string | undefined };

/** Who manages clients, and from where. */
export type Manager = { readonly userId: string | null; readonly from: Client };

const theOperator: Manager = { userId: null, from: operator };

/** Makes an OAuth2 client of an account. */
export async function makeClient(
  ctx: Context,
  accountId: string,
  given: NewClient,
  manager = theOperator,
): Promise<MadeClient> {
  const now = ctx.clock.now();
  const client = { id: uuid(ctx.random, now), accountId, ...given, createdAt: now };
  const secret = client.isPublic ? undefined : opaqueToken(ctx.random);
  return ctx.store.db.transaction().execute(async (db) => {
    const tx = { ...ctx.store, db };
    await insertClient(tx, client, secret);
    await logSuccess(
      ctx,
      tx,
      { action: 'client.make', accountId, userId: manager.userId, objectId: client.id },
      manager.from,
      now,
    );
    return { client, secret };
  });
}

/** The account whose clients the caller manages. */
export function managedAccount(caller: Caller): Outcome<string, Reason> {
  return isAdministrator(caller) ? success(caller.accountId) : refuse('forbidden');
}

export async function browseClients(ctx: Context, caller: Caller): Promise<Outcome<readonly OAuthClient[], Reason>> {
  const account = managedAccount(caller);
  return account.ok ? success(await listClients(ctx.store, account.value)) : account;
}

/** A client of the caller's account. */
export async function reachClient(ctx: Context, caller: Caller, id: string): Promise<Outcome<OAuthClient, Reason>> {
  const account = managedAccount(caller);
  if (!account.ok) return account;
  const client = await findClient(ctx.store, id);
  return client?.accountId === account.value ? success(client) : refuse('not_found');
}

export async function changeClient(
  ctx: Context,
  { id, accountId }: OAuthClient,
  changes: ClientChanges,
  manager = theOperator,
): Promise<Outcome<OAuthClient, Reason>> {
  return inTransaction(ctx.store, async (tx) => {
    const changed = await updateClient(tx, id, changes);
    if (!changed) return refuse('not_found');
    const tried = { action: 'client.change', accountId, userId: manager.userId, objectId: id };
    await logSuccess(ctx, tx, tried, manager.from, ctx.clock.now());
    return success(changed);
  });
}

/** Removes a client, and with it every session that was made for it. */
export async function removeClient(
  ctx: Context,
  { id, accountId }: OAuthClient,
  manager = theOperator,
): Promise<Outcome<undefined, Reason>> {
  return inTransaction(ctx.store, async (tx) => {
    if (!(await deleteClient(tx, id))) return refuse('not_found');
    const tried = { action: 'client.remove', accountId, userId: manager.userId, objectId: id };
    await logSuccess(ctx, tx, tried, manager.from, ctx.clock.now());
    return success(undefined);
  });
}

/** The client that an id and secret prove (RFC 6749 section 2.3). A public one shows its id alone. */
export async function proveClient(
  ctx: Context,
  { id, secret }: { readonly id: string; readonly secret: string | undefined },
): Promise<Outcome<OAuthClient, Reason>> {
  const client = await findClient(ctx.store, id);
  return client?.proves(secret) ? success(client) : refuse('invalid_client');
}
