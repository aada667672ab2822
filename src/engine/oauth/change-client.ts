import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { opaqueToken, uuid } from '../../base/random.ts';
import { deleteClient, insertClient, updateClient, type ClientChanges, type OAuthClient } from '../../store/clients.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';

/** `isPublic`: a client that cannot keep a secret, such as a mobile app. */
export type NewClient = Omit<OAuthClient, 'id' | 'accountId' | 'createdAt'>;

export type MadeClient = { readonly client: OAuthClient; /** Shown once. */ readonly secret: string | undefined };

/** The administrator who manages clients; undefined for the operator's commands. */
export type ClientManager = Pick<Caller, 'userId'> | undefined;

/** Creates an OAuth2 client of an account. */
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

export async function changeClient(
  ctx: RequestContext,
  manager: ClientManager,
  { client: { id, accountId }, changes }: { readonly client: OAuthClient; readonly changes: ClientChanges },
): Promise<Outcome<OAuthClient, Reason>> {
  return withTransaction(ctx, async (tx) => {
    const changed = await updateClient(tx.store, id, changes);
    if (!changed) return refuse('not_found');
    const facts = { action: 'client.change', accountId, userId: manager?.userId ?? null, objectId: id };
    await logSuccess(tx, facts);
    return success(changed);
  });
}

/** Removes a client and all sessions that were created for it. */
export async function removeClient(
  ctx: RequestContext,
  manager: ClientManager,
  { id, accountId }: OAuthClient,
): Promise<Outcome<undefined, Reason>> {
  return withTransaction(ctx, async (tx) => {
    if (!(await deleteClient(tx.store, id))) return refuse('not_found');
    const facts = { action: 'client.remove', accountId, userId: manager?.userId ?? null, objectId: id };
    await logSuccess(tx, facts);
    return success(undefined);
  });
}
