import { chainsOf } from '../../store/attempt-chain.ts';
import { readRegister } from '../../store/attempt-register.ts';
import { countOlder, firstStray, firstUnchained } from '../../store/attempt-chain-rows.ts';
import type { Context } from '../context.ts';
import type { LogFinding } from './verify-chains.ts';

export type VerifiedStrayRows = {
  /** The number of rows written before chains existed. Only this number can be verified. */
  readonly older: number;
  readonly findings: readonly LogFinding[];
};

/** Verifies what no chain proves by itself: that no chain is missing and no row is outside its account's chains. */
export async function verifyStrayRows({ store }: Context, accountId: string | undefined): Promise<VerifiedStrayRows> {
  const { register, strands, older } = await readRegister(store);
  const findings: LogFinding[] = [];
  const add = (what: LogFinding['what'], detail: string, row?: Partial<LogFinding>) =>
    findings.push({ strand: null, seq: null, id: null, ...row, what, detail });
  if (!register && strands > 0) add('removed', 'the register of chains is missing, or was changed');
  const unchained = register && (await firstUnchained(store, register.newestOlder ?? '', accountId));
  if (unchained !== undefined)
    add('added', 'the row is in no chain, but newer than the chains: it was written without the key', {
      id: unchained,
    });
  if (accountId !== undefined) {
    const stray = await firstStray(store, accountId, chainsOf(accountId));
    if (stray) add('changed', 'the row was moved from another account, or forged', stray);
    return { older: await countOlder(store, accountId), findings };
  }
  const missing = (register?.strands ?? strands) - strands;
  if (missing > 0) add('removed', `chains missing with all their rows: ${missing}`);
  if (missing < 0) add('added', `chains that are not in the register: ${-missing}`);
  const missingOlder = (register?.older ?? older) - older;
  if (missingOlder > 0) add('removed', `rows missing from before the chains: ${missingOlder}`);
  if (missingOlder < 0 && unchained === undefined) add('added', `rows added before the chains: ${-missingOlder}`);
  return { older, findings };
}
