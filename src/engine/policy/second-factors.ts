import { factorOf, hasRole, kindsWhere } from '../../factors/registry.ts';
import type { Authenticator } from '../../store/authenticators.ts';
import type { Store } from '../../store/store.ts';
import { countAdministratorsWithout } from '../../store/user-counts.ts';

/** The active second factors among a user's authenticators. A user who has one uses multi-factor authentication. */
export function secondFactors(authenticators: readonly Authenticator[]): readonly Authenticator[] {
  return authenticators.filter(({ kind, status }) => status === 'active' && hasRole(kind, 'second'));
}

/** The active first factors that people prove themselves, which no program holds. */
export function firstFactors(authenticators: readonly Authenticator[]): readonly Authenticator[] {
  return authenticators.filter(
    ({ kind, status }) => status === 'active' && hasRole(kind, 'first') && !factorOf(kind).traits.programOnly,
  );
}

/**
 * The second factors that prove enough to change a user's factors. A code by e-mail counts only for a user who has
 * nothing else.
 */
export function sufficientFactors(authenticators: readonly Authenticator[]): readonly Authenticator[] {
  const all = secondFactors(authenticators);
  const strong = all.filter(isStrong);
  return strong.length > 0 ? strong : all;
}

/** Whether a user has an active second factor that raises a session to AAL2. */
export const hasStrongFactor = (authenticators: readonly Authenticator[]): boolean =>
  secondFactors(authenticators).some(isStrong);

const isStrong = ({ kind }: Authenticator) => factorOf(kind).traits.reachesAal2 !== false;

/** The kinds of authenticators that a challenge names to exclude the user's others; null if there are no others. */
export const kindsAmong = (some: readonly Authenticator[], all: readonly Authenticator[]): readonly string[] | null =>
  some.length === all.length ? null : some.map(({ kind }) => kind);

/** The kinds that exist only for multi-factor authentication: second factors and recovery codes. */
export const kindsBeyondFirst = kindsWhere(
  ({ enroll, traits }) => enroll !== undefined && !traits.roles.includes('first'),
);

/** The kinds of second factor that users enroll. */
const secondKinds = kindsWhere(({ enroll, traits }) => enroll !== undefined && traits.roles.includes('second'));

/** The kinds that may replace a second factor of a user who has one. */
export const recoveryKinds = kindsWhere(({ traits }) => traits.roles.includes('recovery'));

/** The number of administrators without a second factor. */
export const administratorsWithoutMfa = (store: Store): Promise<number> =>
  countAdministratorsWithout(store, secondKinds);
