import { Argument, Option, type Command } from 'commander';
import type { Format } from './formats/index.ts';
import type { ImportOptions } from './run.ts';

/** Listed here too, so that `--help` does not load the readers. */
const formats = [
  'jsonl',
  'better-auth',
  'django',
  'keycloak',
  'otpauth-migration',
] as const satisfies readonly Format[];

export function addImportCommand(program: Command): void {
  program
    .command('import')
    .description('import users and their factors from another system; existing users are not changed')
    .addArgument(new Argument('<format>', 'the system that wrote the file').choices(formats))
    .argument('<file>', 'the file; - is standard input, for otpauth-migration')
    .option('--account <account>', "the account's id or name (default: root)")
    .option('--dry-run', 'check everything and write nothing')
    .addOption(
      new Option(
        '--harmless <names>',
        'models, tables, fields and attributes that are irrelevant to second factors, separated by commas; can be repeated',
      ).argParser(addNames),
    )
    .option('--no-second-factors', 'declare that a Django dump without rows of second factors has none')
    .option('--report <file>', 'write each skipped item with its reason as a JSON line')
    .addHelpText(
      'after',
      `
Examples:
  countersign import keycloak realm-users-0.json --dry-run
  countersign import keycloak realm-users-0.json --account east --report not-taken.jsonl
  countersign import django dump.json --harmless blog.post,blog.comment,birth_date
  BETTER_AUTH_SECRET=$(cat secret) countersign import better-auth app.db
`,
    )
    .action(async (format: Format, file: string, options: ImportOptions) =>
      (await import('./run.ts')).runImport(format, file, options),
    );
}

const addNames = (given: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...given.split(',').map((name) => name.trim()),
];
