import type { Read } from '../../factors/define-factor.ts';
import type { Context } from '../context.ts';
import { moduleOf, type AuthModule } from '../policy/auth-modules.ts';
import type { Logs } from '../policy/merge-policy.ts';
import { readPolicies } from '../policy/read-policy.ts';

/** A secret as parsed by each first factor that may have made it. */
export type Reads = ReadonlyMap<string, Read>;

export type OpenReads = {
  /** The secret as parsed by the first factors whose module is open; empty if no login is possible with it. */
  readonly reads: Reads;
  /** The account's choice of what to log of logins through this door. */
  readonly logs: Logs;
};

/**
 * Closed modules are refused before the user is looked up and before a password is hashed, so that the answer is the
 * same for every user and every password, and takes the same time.
 */
export async function readsOfOpenModules(
  { store }: Context,
  { accountId, door, reads }: { readonly accountId: string; readonly door: AuthModule; readonly reads: Reads },
): Promise<OpenReads> {
  const policyOf = await readPolicies(store, accountId);
  // Keys of services may be open where people's are not. Whose key it is is known after it was found.
  const isOpen = (kind: string) =>
    [[], ['service'] as const].some((roles) => policyOf(moduleOf(door, kind), roles).enabled);
  const { logs } = policyOf(door, []);
  // Only an API key has its form, so nothing else is tried.
  if (reads.has('apikey') && !isOpen('apikey')) return { reads: new Map(), logs };
  return { reads: new Map([...reads].filter(([kind]) => isOpen(kind))), logs };
}
