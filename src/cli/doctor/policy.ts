import { accountsWithOpenModules } from '../../engine/operations.ts';
import type { Store } from '../../store/store.ts';
import { ok, warning, type Finding } from './finding.ts';

/** Of more accounts only the number is shown. */
const shown = 10;

/** The login methods that stay open without a second factor, although the account requires one of others. */
export async function checkPolicy(store: Store): Promise<readonly Finding[]> {
  const accounts = await accountsWithOpenModules(store);
  if (accounts.length === 0) return [ok('policy', 'no account leaves a login method open by mistake')];
  const mend = 'name them in the configuration of the account, or use "default"';
  const found = accounts
    .slice(0, shown)
    .map(({ name, modules }) =>
      warning('policy', `${name} requires a second factor, but not of ${modules.join(', ')}`, mend),
    );
  const left = accounts.length - found.length;
  return left === 0 ? found : [...found, warning('policy', `${left} more accounts leave login methods open`, mend)];
}
