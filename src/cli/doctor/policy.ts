import { accountsWithOpenModules, accountsWithoutProvider } from '../../engine/operations.ts';
import type { AccountWithModules } from '../../engine/policy/open-modules.ts';
import type { Store } from '../../store/store.ts';
import { ok, warning, type Finding } from './finding.ts';

/** At most this many accounts are listed; the rest are counted. */
const maxListed = 10;

/**
 * The login methods that need no second factor although other methods of the account do, and those that no user can use
 * because the required provider is missing or disabled.
 */
export async function checkPolicy(store: Store): Promise<readonly Finding[]> {
  const [open, closed] = [await accountsWithOpenModules(store), await accountsWithoutProvider(store)];
  if (open.length + closed.length === 0)
    return [ok('policy', 'no account leaves a login method open, or closes one, by mistake')];
  return [
    ...listed(open, {
      one: ({ name, modules }) => `${name} requires a second factor, but not for ${modules.join(', ')}`,
      more: 'more accounts leave login methods open',
      advice: 'name them in the configuration of the account, or use "default"',
    }),
    ...listed(closed, {
      one: ({ name, modules }) =>
        `no user of ${name} can log in through ${modules.join(', ')}: the required provider is missing or disabled`,
      more: 'more accounts require a provider that is missing or disabled',
      advice: 'enable it, or run countersign policy remove --account NAME',
    }),
  ];
}

type Wording = {
  readonly one: (account: AccountWithModules) => string;
  readonly more: string;
  readonly advice: string;
};

function listed(accounts: readonly AccountWithModules[], { one, more, advice }: Wording): readonly Finding[] {
  const found = accounts.slice(0, maxListed).map((account) => warning('policy', one(account), advice));
  const left = accounts.length - found.length;
  return left === 0 ? found : [...found, warning('policy', `${left} ${more}`, advice)];
}
