import { Argument, Command, CommanderError } from 'commander';
import { version } from '../base/version.ts';
import { addAttemptsCommands } from './attempts/commands.ts';
import { addClientCommands } from './client/commands.ts';
import type { DoctorOptions } from './doctor/doctor.ts';
import { explain } from './explain.ts';
import { codeOf } from './plain-error.ts';
import { addImportCommand } from './import/command.ts';
import { addKeysCommands } from './keys/commands.ts';
import { addServiceCommands } from './service/commands.ts';
import { addUserCommands } from './user/commands.ts';
import { describeVariables } from './variables.ts';
import { onWarning } from './warnings.ts';

/** Runs one command to its end and answers with the exit code: 2 for a mistake in how it was asked for, 1 for every other failure. */
export async function run(args: readonly string[]): Promise<number> {
  // Whatever is made from here on, such as SQLite's file, is for the user who runs this and nobody else.
  process.umask(0o077);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
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

/** The reader of a pipe has stopped, as `head` does. The command goes on to its end, so that it cleans up. */
function ignoreClosedPipe(error: Error): void {
  if (codeOf(error) !== 'EPIPE') throw error;
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

  addServerCommands(program);
  addKeysCommands(program.command('keys').description('the key ring: made, listed, rotated while servers run'));
  addUserCommands(program.command('user').description('users, changed in the database; a running server follows'));
  addClientCommands(
    program.command('client').description('OAuth2 clients, changed in the database; a running server follows'),
  );
  addServiceCommands(program.command('service').description('applications that ask here for their own users'));
  addImportCommand(program);
  addAttemptsCommands(program.command('attempts').description('the log of attempts: verified, pruned, exported'));
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
    .description('play a first login against a throw-away server')
    .action(async () => (await import('./demo.ts')).demo());
  program
    .command('migrate')
    .description('bring the database up to date, as every start of the server does')
    .action(async () => (await import('./migrate.ts')).runMigrations());

  program
    .command('doctor')
    .description('check the configuration, keys, database, clock and gateways, and say how to mend what is wrong')
    .option('--json', 'one JSON document, for programs')
    .action(async (options: DoctorOptions) => (await import('./doctor/doctor.ts')).examine(options));
}

function addBackupCommands(program: Command): void {
  program
    .command('backup <file>')
    .description('copy an embedded database while servers run; the key ring is not in it')
    .action(async (file: string) => (await import('./backup/backup.ts')).runBackup(file));
  program
    .command('restore <file>')
    .description('put such a copy in the place of a database that is gone, and end every session in it')
    .action(async (file: string) => (await import('./backup/restore.ts')).runRestore(file));
}

function addMessageCommand(program: Command): void {
  const message = program.command('message').description('what the house sends');
  message
    .command('test')
    .description('send a test message and say what took it')
    .addArgument(new Argument('<channel>', 'the channel').choices(['sms', 'email']))
    .argument('<to>', 'the number or address')
    .action(async (channel: 'sms' | 'email', to: string) =>
      (await import('./message-test.ts')).testMessage(channel, to),
    );
}
