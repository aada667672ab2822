import { InvalidArgumentError, Option, type Command } from 'commander';
import type { AddUserOptions } from './add.ts';
import type { DisableOptions } from './disable-mfa.ts';
import type { PasswordOptions } from './new-password.ts';
import type { UserOptions } from './with-countersign.ts';

export function addUserCommands(user: Command): void {
  const add = user
    .command('add <name>')
    .description('create a user')
    .addOption(
      new Option(
        '--role <role>',
        'admin, service or user; more than once for several, but service alone (default: user)',
      ).argParser(addRole),
    )
    .option('--email <address>', 'their e-mail address')
    .option('--phone <number>', 'their phone, in E.164: + and the country code first');
  addPasswordOptions(add)
    .addOption(
      new Option('--no-password', 'create the user without a password').conflicts([
        'passwordStdin',
        'generatePassword',
      ]),
    )
    .action(async (name: string, options: AddUserOptions) => (await import('./add.ts')).addUser(name, options));

  addPasswordOptions(user.command('password <name>'))
    .description("set a user's password and end their sessions")
    .action(async (name: string, options: UserOptions & PasswordOptions) =>
      (await import('./password.ts')).setPassword(name, options),
    );

  user
    .command('unlock <name>')
    .description("reset a user's failed attempts")
    .action(async (name: string, options: UserOptions) => (await import('./unlock.ts')).unlockUser(name, options));

  user
    .command('disable-mfa <name>')
    .description('remove all second factors and recovery codes of a user')
    .option('--yes', 'do not ask for confirmation')
    .action(async (name: string, options: DisableOptions) =>
      (await import('./disable-mfa.ts')).disableUserMfa(name, options),
    );

  for (const command of user.commands)
    command.option('--account <account>', "the account's id or name (default: root)");
}

function addPasswordOptions(command: Command): Command {
  return command
    .option('--password-stdin', 'read the password from standard input')
    .addOption(new Option('--generate-password', 'generate a password and print it').conflicts('passwordStdin'));
}

const roles = ['admin', 'service', 'user'] as const;
type RoleOption = (typeof roles)[number];

function addRole(given: string, before: readonly RoleOption[] = []): readonly RoleOption[] {
  const role = roles.find((one) => one === given);
  if (!role) throw new InvalidArgumentError(`It must be one of ${roles.join(', ')}.`);
  return [...before, role];
}
