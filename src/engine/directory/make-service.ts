import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { apikey } from '../../factors/apikey.ts';
import { findAccount } from '../../store/accounts.ts';
import { insertAuthenticator, listAuthenticators } from '../../store/authenticators.ts';
import { findUserByName, type User } from '../../store/users.ts';
import { isService } from '../challenge/challenge-actor.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import { makeAuthenticator } from '../enrollment/make-authenticator.ts';
import type { Reason } from '../reasons.ts';
import { insertNewUser } from './create-user.ts';

/** A service by its name, in an account (by default the root). */
export type NamedService = { readonly name: string; readonly account?: string | undefined };

/** Finds the service with a name, or creates it: a user with the role `service` and without a password. */
export async function ensureService(ctx: RequestContext, named: NamedService): Promise<Outcome<User, Reason>> {
  const account = await findAccount(ctx.store, named.account);
  if (!account) return refuse('unknown_account');
  const found = await findUserByName(ctx.store, account.id, named.name);
  if (found) return isService(found) ? success(found) : refuse('name_taken');
  const blank = { email: null, phone: null, firstName: null, lastName: null, accountId: account.id };
  const user = { ...blank, name: named.name, roles: ['service'] as const };
  const made = await insertNewUser(ctx, user);
  if (made.ok) return success(made.value.user);
  // Another node may have created it at the same time.
  const other = made.reason === 'name_taken' ? await findUserByName(ctx.store, account.id, named.name) : undefined;
  return other && isService(other) ? success(other) : made;
}

/** Creates another API key for a service, shown once. Its other keys stay valid. */
export async function makeServiceKey(ctx: RequestContext, service: User): Promise<Outcome<string, Reason>> {
  const { now } = ctx;
  const own = await listAuthenticators(ctx.store, service.id, now);
  if (own.filter(({ kind }) => kind === apikey.kind).length >= apikey.traits.limit) return refuse('too_many');
  const made = await makeAuthenticator(ctx, apikey, { user: service });
  if (!made.ok) return made;
  const { authenticator, shown } = made.value;
  return withTransaction(ctx, async (tx) => {
    await insertAuthenticator(tx.store, authenticator, now);
    const facts = { action: 'operator.key', factor: apikey.kind, accountId: service.accountId, userId: service.id };
    await logSuccess(tx, facts);
    return success(String(shown['secret']));
  });
}
