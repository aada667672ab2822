import { overridePassword } from '../../engine/operations.ts';
import { choosePassword, printPassword, type PasswordOptions } from './new-password.ts';
import { granted, withCountersign, type UserOptions } from './with-countersign.ts';

export async function setPassword(login: string, options: UserOptions & PasswordOptions): Promise<void> {
  const { account } = options;
  const secret = (await choosePassword(options)) ?? '';
  await withCountersign(async (ctx) => granted(await overridePassword(ctx, { account, login }, secret), login));
  process.stdout.write(`${login} has a new password, and their sessions have ended\n`);
  printPassword(options, secret);
}
