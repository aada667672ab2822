import { SetupError } from '../../base/fault.ts';
import { removePolicy } from '../../engine/operations.ts';
import { confirmed } from '../ask.ts';
import { CommandFailed } from '../explain.ts';
import { granted, withCountersign, type UserOptions } from '../user/with-countersign.ts';

export type RemoveOptions = UserOptions & { readonly yes?: boolean };

export async function removeAccountPolicy({ account, yes = false }: RemoveOptions): Promise<void> {
  if (!yes && !process.stdin.isTTY) throw new SetupError('there is no terminal for the confirmation: give --yes');
  const name = account ?? 'root';
  const question = `Remove the security configuration of ${name}? Logins then need what accounts above it require. [y/N] `;
  if (!yes && !(await confirmed(question))) throw new CommandFailed('nothing was changed');
  await withCountersign(async (ctx) => granted(await removePolicy(ctx, account), name));
  process.stdout.write(`${name} has no security configuration of its own any more\n`);
}
