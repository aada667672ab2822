import { chainsOf } from '../../store/attempt-chain.ts';
import { readRegister } from '../../store/attempt-register.ts';
import { countOlder, firstStray, firstUnchained } from '../../store/attempt-chain-rows.ts';
import type { Context } from '../context.ts';
import type { LogFinding } from './verify-chains.ts';

export type VerifiedStrayRows = {
  /** How many rows are older than the chains. Of these only the number is known. */
  readonly older: number;
  readonly findings: readonly LogFinding[];
};

/** Judges what no strand can say of itself: whether strands are missing, and whether rows stand outside of them. */
export async function verifyStrayRows({ store }: Context, accountId: string | undefined): Promise<VerifiedStrayRows> {
  const { register, strands, older } = await readRegister(store);
  const findings: LogFinding[] = [];
  const find = (what: LogFinding['what'], detail: string, row?: Partial<LogFinding>) =>
    findings.push({ strand: null, seq: null, id: null, ...row, what, detail });
  if (!register && strands > 0) find('removed', 'the register of the strands is gone, or was changed');
  const slipped = register && (await firstUnchained(store, register.newestOlder ?? '', accountId));
  if (slipped !== undefined)
    find('added', 'the row is in no strand and younger than the chains: who wrote it had no key', { id: slipped });
  if (accountId !== undefined) {
    const stray = await firstStray(store, accountId, chainsOf(accountId));
    if (stray) find('changed', 'the row came from another account, or was made up', stray);
    return { older: await countOlder(store, accountId), findings };
  }
  const missing = (register?.strands ?? strands) - strands;
  if (missing > 0) find('removed', `strands that are gone with all their rows: ${missing}`);
  if (missing < 0) find('added', `strands that nobody registered: ${-missing}`);
  const missingOlder = (register?.older ?? older) - older;
  if (missingOlder > 0) find('removed', `rows older than the chains that are gone: ${missingOlder}`);
  if (missingOlder < 0 && slipped === undefined) find('added', `rows that were slipped in: ${-missingOlder}`);
  return { older, findings };
}
