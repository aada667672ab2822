import { text } from 'node:stream/consumers';
import { SetupError } from '../../base/fault.ts';
import { generatePassword, systemRandom } from '../../base/random.ts';
import { newPassword } from '../../factors/password.ts';
import { askTwice } from '../ask.ts';

export type PasswordOptions = {
  readonly passwordStdin?: boolean;
  readonly generatePassword?: boolean;
  /** False: the user gets no password. */
  readonly password?: boolean;
};

/** The password for the user, from the source that the options name. Undefined: none. */
export async function choosePassword(options: PasswordOptions): Promise<string | undefined> {
  if (options.password === false) return undefined;
  if (options.generatePassword) return generatePassword(systemRandom);
  if (options.passwordStdin) return checked((await text(process.stdin)).replace(/\r?\n$/, ''));
  if (process.stdin.isTTY) return checked(await askTwice('New password (not shown): ', 'Repeat it: '));
  throw new SetupError('there is no terminal to ask for a password: give --password-stdin or --generate-password');
}

function checked(given: string): string {
  const read = newPassword.safeParse(given);
  if (!read.success) throw new SetupError(`the password ${read.error.issues[0]?.message}`);
  return read.data;
}

/** Prints a generated password. It is not shown again. */
export function printPassword({ generatePassword: made }: PasswordOptions, secret: string | undefined): void {
  if (made && secret !== undefined) process.stdout.write(`their password is ${secret} (it is not shown again)\n`);
}
