import { SetupError } from '../../base/fault.ts';
import { disableMfa, findNamed } from '../../engine/operations.ts';
import { confirmed } from '../ask.ts';
import { CommandFailed } from '../explain.ts';
import { granted, withCountersign, type UserOptions } from './with-countersign.ts';

export type DisableOptions = UserOptions & { readonly yes?: boolean };

export async function disableUserMfa(login: string, { account, yes = false }: DisableOptions): Promise<void> {
  if (!yes && !process.stdin.isTTY) throw new SetupError('there is no terminal for the confirmation: give --yes');
  await withCountersign(async (ctx) => {
    const { name } = granted(await findNamed(ctx, { account, login }), login);
    const question = `Remove all second factors and recovery codes of ${name} and end their sessions? [y/N] `;
    if (!yes && !(await confirmed(question))) throw new CommandFailed('nothing was changed');
    granted(await disableMfa(ctx.at(), { account, login }), login);
  });
  process.stdout.write(`${login} no longer has a second factor, and their sessions have ended\n`);
}
