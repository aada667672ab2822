import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { lockTree } from '../../store/account-tree.ts';
import { findSoleAdministrator } from '../../store/user-counts.ts';
import type { User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

/** Refuses roles that one user must not have together: the API key of an administrator or a person must not act as a service. */
export function requireOneKind(roles: User['roles']): Outcome<undefined, Reason> {
  return roles.includes('service') && roles.some((role) => role !== 'service')
    ? refuse('role_conflict')
    : success(undefined);
}

/**
 * Refuses to take from the root its last enabled administrator, in the transaction that would. It locks the tree, so
 * that of two administrators who demote each other at once one succeeds.
 */
export async function requireOtherAdministrator(
  tx: RequestContext,
  user: Pick<User, 'id'>,
): Promise<Outcome<undefined, Reason>> {
  await lockTree(tx.store);
  return (await findSoleAdministrator(tx.store)) === user.id ? refuse('last_administrator') : success(undefined);
}
