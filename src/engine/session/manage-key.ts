import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { Authenticator } from '../../store/authenticators.ts';
import type { User } from '../../store/users.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from './authenticate.ts';

/** The scope of a key with which a program administers without fresh proof. */
export const manageScope = 'manage';

/**
 * Whether a session was opened with a key that has `manage`. It may manage only child accounts, providers, and users
 * whose only role is `user`.
 */
export const isManageKey = ({ keyScope }: Pick<Caller, 'keyScope'>) => keyScope === manageScope;

/** Whether a user is neither administrator nor service. */
export const isPlainUser = ({ roles }: Pick<User, 'roles'>) => roles.every((role) => role === 'user');

/**
 * The id of the API key to store with the session, which becomes invalid with that key. Null if no key was used, or one
 * without expiry and scope.
 */
export const keyIdForSession = (proven: Authenticator | undefined): string | null =>
  proven && (proven.expiresAt !== null || proven.scope !== null) ? proven.id : null;

/** Refuses a key with `manage` if the user has, or would get, a role other than `user`. */
export function requireManageable(caller: Caller, user: Pick<User, 'roles'>): Outcome<undefined, Reason> {
  return isManageKey(caller) && !isPlainUser(user) ? refuse('unattended') : success(undefined);
}
