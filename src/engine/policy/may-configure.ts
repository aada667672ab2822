import { refuse, success, type Refusal, type Success } from '../../base/outcome.ts';
import type { Account } from '../../store/accounts.ts';
import type { Reason } from '../reasons.ts';
import type { AccountConfig } from './configuration.ts';
import { mayNameAll } from './named-providers.ts';
import { weakerThanInherited } from './weaker-than-inherited.ts';

/** A refused configuration. `weaker`: the path of the member that is weaker than what is inherited. */
export type ConfigRefusal = Refusal<Reason> & { readonly weaker?: readonly string[] };

/** Whether an account may have a configuration below the others of its `chain`. */
export function mayConfigure(
  account: Account,
  chain: readonly AccountConfig[],
  own: AccountConfig,
): Success<undefined> | ConfigRefusal {
  const above = chain.filter(({ accountId }) => accountId !== account.id);
  const weaker = weakerThanInherited(above, own);
  if (weaker) return { ...refuse('weaker_than_inherited'), weaker };
  return mayNameAll(account, above, own.document) ? success(undefined) : refuse('unknown_configuration');
}
