import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { findAccount } from '../../store/accounts.ts';
import { findClient, listClients, type OAuthClient } from '../../store/clients.ts';
import { makeClient, removeClient, type MadeClient, type NewClient } from '../oauth/change-client.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import type { Named } from './find-user.ts';

/** Creates an OAuth2 client of any account. */
export async function addClient(
  ctx: RequestContext,
  { account, ...given }: NewClient & Pick<Named, 'account'>,
): Promise<Outcome<MadeClient, Reason>> {
  const found = await findAccount(ctx.store, account);
  return found
    ? success(await makeClient(ctx, undefined, { ...given, accountId: found.id }))
    : refuse('unknown_account');
}

/** The OAuth2 clients of an account. */
export async function clientsOf(
  ctx: RequestContext,
  account: string | undefined,
): Promise<Outcome<readonly OAuthClient[], Reason>> {
  const found = await findAccount(ctx.store, account);
  return found ? success(await listClients(ctx.store, found.id)) : refuse('unknown_account');
}

/** Removes an OAuth2 client of any account, and ends the sessions that were created for it. */
export async function dropClient(ctx: RequestContext, id: string): Promise<Outcome<OAuthClient, Reason>> {
  const client = await findClient(ctx.store, id);
  if (!client) return refuse('not_found');
  const removed = await removeClient(ctx, undefined, client);
  return removed.ok ? success(client) : removed;
}
