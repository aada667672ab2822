import { overridePassword } from '../../engine/operations.ts';
import { choosePassword, tellPassword, type PasswordOptions } from './new-password.ts';
import { granted, withHouse, type UserOptions } from './with-house.ts';

export async function setPassword(login: string, options: UserOptions & PasswordOptions): Promise<void> {
  const { account } = options;
  const secret = (await choosePassword(options)) ?? '';
  await withHouse(async (ctx) => granted(await overridePassword(ctx, { account, login }, secret), login));
  process.stdout.write(`${login} has a new password, and their sessions have ended\n`);
  tellPassword(options, secret);
}
