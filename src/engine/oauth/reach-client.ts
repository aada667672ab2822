import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { findBelow } from '../../store/accounts.ts';
import { findClient, listClients, type OAuthClient } from '../../store/clients.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { isAdministrator, type Caller } from '../session/authenticate.ts';

/** The account whose clients the caller may manage. */
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

/** A client of the caller's account or a descendant. */
export async function reachClient(
  ctx: RequestContext,
  caller: Caller,
  id: string,
): Promise<Outcome<OAuthClient, Reason>> {
  const account = managedAccount(caller);
  if (!account.ok) return account;
  const client = await findClient(ctx.store, id);
  if (!client) return refuse('not_found');
  const isOwn = client.accountId === account.value;
  return isOwn || (await findBelow(ctx.store, account.value, client.accountId)) ? success(client) : refuse('not_found');
}

/** Authenticates a client by id and secret (RFC 6749 section 2.3), or a public client by its id alone. */
export async function proveClient(
  ctx: RequestContext,
  { id, secret }: { readonly id: string; readonly secret: string | undefined },
): Promise<Outcome<OAuthClient, Reason>> {
  const client = await findClient(ctx.store, id);
  return client?.proves(secret) ? success(client) : refuse('invalid_client');
}
