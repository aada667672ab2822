import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from '../base/version.ts';
import { explain } from './explain.ts';
import type { AddOptions } from './user/add.ts';
import type { DisableOptions } from './user/disable-mfa.ts';
import type { PasswordOptions } from './user/new-password.ts';
import type { UserOptions } from './user/with-house.ts';
import { describeVariables } from './variables.ts';
import { onWarning } from './warnings.ts';

/** Runs one command to its end and answers with the exit code: 2 for a mistake in how it was asked for, 1 for every other failure. */
export async function run(args: readonly string[]): Promise<number> {
  // Whatever is made from here on, such as SQLite's file, is for the user who runs this and nobody else.
  process.umask(0o077);
  onWarning(({ message }) => complain(`a warning: ${message}`));
  try {
    await createProgram().parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has said what was wrong already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { text, exitCode } = explain(error);
    complain(text);
    return exitCode;
  }
}

/** One mistake, one line. Only a fault of ours brings its stack along. */
function complain(text: string): void {
  process.stderr.write(`countersign: ${text.trim()}\n`);
}

/** What can be asked for. Each command's file is imported when it is: most need the whole house, and help needs nothing of it. */
function createProgram(): Command {
  const program = new Command('countersign')
    .description('Multi-factor authentication for any application.')
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (text) => complain(text.replace(/^error: /, '').replaceAll('\n', ' ')) });

  program
    .command('serve')
    .description('serve until SIGTERM or SIGINT')
    .addHelpText('after', describeVariables())
    .action(async () => (await import('./serve.ts')).serve());
  program
    .command('demo')
    .description('play a first login against a throw-away server')
    .action(async () => (await import('./demo.ts')).demo());
  program
    .command('migrate')
    .description('bring the database up to date, as every start of the server does')
    .action(async () => (await import('./migrate.ts')).runMigrations());

  const keys = program.command('keys').description('the key ring');
  keys
    .command('make')
    .description('make the key ring file that COUNTERSIGN_KEYS names')
    .action(async () => (await import('./keys.ts')).makeKeys());

  addUserCommands(program.command('user').description('users, changed in the database; a running server follows'));
  return program;
}

function addUserCommands(user: Command): void {
  const add = user
    .command('add <name>')
    .description('make a user')
    .addOption(
      new Option('--role <role>', 'admin, service or user; more than once for several (default: user)').argParser(
        addRole,
      ),
    )
    .option('--email <address>', 'their e-mail address')
    .option('--phone <number>', 'their phone, in E.164: + and the country code first');
  addPasswordOptions(add)
    .addOption(
      new Option('--no-password', 'leave the user without one').conflicts(['passwordStdin', 'generatePassword']),
    )
    .action(async (name: string, options: AddOptions) => (await import('./user/add.ts')).addUser(name, options));

  addPasswordOptions(user.command('password <name>'))
    .description("set a user's password and end their sessions")
    .action(async (name: string, options: UserOptions & PasswordOptions) =>
      (await import('./user/password.ts')).setPassword(name, options),
    );

  user
    .command('unlock <name>')
    .description("forget a user's failed attempts")
    .action(async (name: string, options: UserOptions) => (await import('./user/unlock.ts')).unlockUser(name, options));

  user
    .command('disable-mfa <name>')
    .description('take every second factor and recovery code from a user who lost them')
    .option('--yes', 'ask nothing')
    .action(async (name: string, options: DisableOptions) =>
      (await import('./user/disable-mfa.ts')).disableUserMfa(name, options),
    );

  for (const command of user.commands)
    command.option('--account <account>', "the account's id or name (default: root)");
}

function addPasswordOptions(command: Command): Command {
  return command
    .option('--password-stdin', 'read the password from standard input')
    .addOption(new Option('--generate-password', 'make one and print it').conflicts('passwordStdin'));
}

const roles = ['admin', 'service', 'user'] as const;
type Role = (typeof roles)[number];

function addRole(given: string, before: readonly Role[] = []): readonly Role[] {
  const role = roles.find((one) => one === given);
  if (!role) throw new InvalidArgumentError(`It must be one of ${roles.join(', ')}.`);
  return [...before, role];
}
