import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { Authenticator } from '../../store/authenticators.ts';
import type { User } from '../../store/users.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from './authenticate.ts';

/** The scope of a key with which a program administers without fresh proof. */
export const manageScope = 'manage';

/**
 * Whether a session was opened with a key that has `manage`. Such a session is unattended: it manages users who
 * administer nothing, child accounts and providers, and nothing else.
 */
export const isManageKey = ({ keyScope }: Pick<Caller, 'keyScope'>) => keyScope === manageScope;

/** Whether a user is neither administrator nor service. */
export const isPlainUser = ({ roles }: Pick<User, 'roles'>) => roles.every((role) => role === 'user');

/** The key that a session ends with, if it was opened with one that has an end or a scope. */
export const keyOfSession = (proven: Authenticator | undefined): string | null =>
  proven && (proven.expiresAt !== null || proven.scope !== null) ? proven.id : null;

/** A key with `manage` manages, and gives, no other role than `user`. */
export function mayManage(caller: Caller, user: Pick<User, 'roles'>): Outcome<undefined, Reason> {
  return isManageKey(caller) && !isPlainUser(user) ? refuse('unattended') : success(undefined);
}
