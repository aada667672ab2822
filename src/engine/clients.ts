import { refuse, success, type Outcome } from '../base/outcome.ts';
import { opaqueToken, uuid } from '../base/random.ts';
import {
  deleteClient,
  findClient,
  insertClient,
  listClients,
  updateClient,
  type OAuthClient,
} from '../store/clients.ts';
import type { Context } from './context.ts';
import type { Reason } from './reasons.ts';
import type { Caller } from './sessions.ts';
import { isAdministrator } from './users.ts';

/** `isPublic`: a client that can keep no secret, such as an app on a phone. */
export type NewClient = Pick<OAuthClient, 'name' | 'grantTypes' | 'scope' | 'isPublic'>;

export type MadeClient = { readonly client: OAuthClient; /** Shown once. */ readonly secret: string | undefined };

/** Makes an OAuth2 client of an account. */
export async function makeClient(ctx: Context, accountId: string, given: NewClient): Promise<MadeClient> {
  const now = ctx.clock.now();
  const client = { id: uuid(ctx.random, now), accountId, ...given, createdAt: now };
  const secret = client.isPublic ? undefined : opaqueToken(ctx.random);
  await insertClient(ctx.store, client, secret);
  return { client, secret };
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
  client: OAuthClient,
  changes: { readonly [Member in 'name' | 'grantTypes' | 'scope']?: OAuthClient[Member] | undefined },
): Promise<Outcome<OAuthClient, Reason>> {
  const { name = client.name, grantTypes = client.grantTypes, scope = client.scope } = changes;
  const changed = { ...client, name, grantTypes, scope };
  return (await updateClient(ctx.store, changed)) ? success(changed) : refuse('not_found');
}

/** Removes a client, and with it every session that was made for it. */
export async function removeClient(ctx: Context, client: OAuthClient): Promise<Outcome<undefined, Reason>> {
  return (await deleteClient(ctx.store, client.id)) ? success(undefined) : refuse('not_found');
}

/** The client that an id and secret prove (RFC 6749 section 2.3). A public one shows its id alone. */
export async function proveClient(
  ctx: Context,
  { id, secret }: { readonly id: string; readonly secret: string | undefined },
): Promise<Outcome<OAuthClient, Reason>> {
  const client = await findClient(ctx.store, id);
  return client?.proves(secret) ? success(client) : refuse('invalid_client');
}
