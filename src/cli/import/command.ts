import { Argument, Option, type Command } from 'commander';
import type { Format } from './formats/index.ts';
import type { ImportOptions } from './run.ts';

/** Named here too, so that help needs none of the readers. */
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
    .description('bring users and their factors along from another system; who is there already stays as they are')
    .addArgument(new Argument('<format>', 'what wrote the file').choices(formats))
    .argument('<file>', 'the file; - is standard input, for otpauth-migration')
    .option('--account <account>', "the account's id or name (default: root)")
    .option('--dry-run', 'check everything and write nothing')
    .addOption(
      new Option(
        '--harmless <names>',
        'models, tables, fields and attributes that say nothing about second factors, with commas between them; more than once for more',
      ).argParser(addNames),
    )
    .option('--no-second-factors', 'say that the source has none, where a Django dump holds no row of one')
    .option('--report <file>', 'write each thing that was not taken, and why, as a JSON line')
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
