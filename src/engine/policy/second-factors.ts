import { hasRole, kindsWhere } from '../../factors/registry.ts';
import type { Authenticator } from '../../store/authenticators.ts';
import type { Store } from '../../store/store.ts';
import { countAdministratorsWithout } from '../../store/user-counts.ts';

/** The authenticators that make a user one with multi-factor authentication. Pending ones never count. */
export function secondFactors(authenticators: readonly Authenticator[]): readonly Authenticator[] {
  return authenticators.filter(({ kind, status }) => status === 'active' && hasRole(kind, 'second'));
}

/** Everything that is there only for multi-factor authentication. */
export const kindsBeyondFirst = kindsWhere(
  ({ enroll, traits }) => enroll !== undefined && !traits.roles.includes('first'),
);

/** What makes a user one with multi-factor authentication. */
const secondKinds = kindsWhere(({ enroll, traits }) => enroll !== undefined && traits.roles.includes('second'));

/** What stands in for a second factor, and for nothing when there is none. */
export const recoveryKinds = kindsWhere(({ traits }) => traits.roles.includes('recovery'));

/** How many administrators log in with nothing but a password. */
export const administratorsWithoutMfa = (store: Store): Promise<number> =>
  countAdministratorsWithout(store, secondKinds);
