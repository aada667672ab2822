import { Argument, Command, CommanderError } from 'commander';
import { version } from '../base/version.ts';
import { addAttemptsCommands } from './attempts/commands.ts';
import { addClientCommands } from './client/commands.ts';
import type { DoctorOptions } from './doctor/doctor.ts';
import { explain } from './explain.ts';
import { codeOf } from './plain-error.ts';
import { addImportCommand } from './import/command.ts';
import { addKeysCommands } from './keys/commands.ts';
import { addPolicyCommands } from './policy/commands.ts';
import { addServiceCommands } from './service/commands.ts';
import { addUserCommands } from './user/commands.ts';
import { describeVariables } from './variables.ts';
import { onWarning } from './warnings.ts';

/** Runs one command to its end and returns the exit code: 2 for a wrong command line or configuration, 1 for every other failure. */
export async function run(args: readonly string[]): Promise<number> {
  // Files that are created from here on can be read by this user only.
  process.umask(0o077);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  onWarning(({ message }) => printError(`a warning: ${message}`));
  try {
    await createProgram().parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed the message already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { text, exitCode } = explain(error);
    printError(text);
    return exitCode;
  }
}

/** The reader of a pipe has stopped, as `head` does. The command goes on to its end, so that it cleans up. */
function ignoreClosedPipe(error: Error): void {
  if (codeOf(error) !== 'EPIPE') throw error;
}

/** Each mistake is one line; only an internal error has a stack. */
function printError(text: string): void {
  process.stderr.write(`countersign: ${text.trim()}\n`);
}

/** All commands. Each one's file is imported when it runs: most need the whole engine, and help needs none of it. */
function createProgram(): Command {
  const program = new Command('countersign')
    .description('Multi-factor authentication for any application.')
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (text) => printError(text.replace(/^error: /, '').replaceAll('\n', ' ')) });

  addServerCommands(program);
  addKeysCommands(program.command('keys').description('create, list and rotate keys while servers run'));
  addUserCommands(program.command('user').description('manage users in the database; a running server follows'));
  addClientCommands(
    program.command('client').description('manage OAuth2 clients in the database; a running server follows'),
  );
  addServiceCommands(
    program.command('service').description('applications that ask for second factors of their own users'),
  );
  addPolicyCommands(program.command('policy').description('the security configuration of accounts'));
  addImportCommand(program);
  addAttemptsCommands(program.command('attempts').description('verify, prune and export the audit log'));
  addBackupCommands(program);
  addMessageCommand(program);
  return program;
}

function addServerCommands(program: Command): void {
  program
    .command('serve')
    .description('serve until SIGTERM or SIGINT')
    .addHelpText('after', describeVariables())
    .action(async () => (await import('./serve.ts')).serve());
  program
    .command('demo')
    .description('show a first login against a temporary server')
    .action(async () => (await import('./demo.ts')).demo());
  program
    .command('migrate')
    .description('migrate the database, as every start of the server does')
    .action(async () => (await import('./migrate.ts')).runMigrations());

  program
    .command('doctor')
    .description('check the configuration, keys, database, clock and gateways, and say how to fix what is wrong')
    .option('--json', 'one JSON document, for programs')
    .action(async (options: DoctorOptions) => (await import('./doctor/doctor.ts')).examine(options));
}

function addBackupCommands(program: Command): void {
  program
    .command('backup <file>')
    .description('copy an SQLite database while servers run; the key ring is not included')
    .action(async (file: string) => (await import('./backup/backup.ts')).runBackup(file));
  program
    .command('restore <file>')
    .description('restore a backup in place of a lost database, and end every session in it')
    .action(async (file: string) => (await import('./backup/restore.ts')).runRestore(file));
}

function addMessageCommand(program: Command): void {
  const message = program.command('message').description('send messages');
  message
    .command('test')
    .description('send a test message and show which gateway accepted it')
    .addArgument(new Argument('<channel>', 'the channel').choices(['sms', 'email']))
    .argument('<to>', 'the number or address')
    .action(async (channel: 'sms' | 'email', to: string) =>
      (await import('./message-test.ts')).testMessage(channel, to),
    );
}
