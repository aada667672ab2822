import { InvalidArgumentError, Option, type Command } from 'commander';
import { day } from '../../base/clock.ts';
import type { ExportOptions } from './export.ts';
import type { PruneOptions } from './prune.ts';
import type { VerifyOptions } from './verify.ts';

export function addAttemptsCommands(attempts: Command): void {
  attempts
    .command('verify')
    .description('verify that no row of the log was changed, removed or added')
    .option('--account <account>', "the account's id or name (default: all)")
    .addHelpText('after', examples(['verify', 'verify --account east > heads.txt']))
    .action(async (options: VerifyOptions) => (await import('./verify.ts')).verifyLog(options));

  attempts
    .command('prune')
    .description('remove old rows')
    .addOption(new Option('--older-than <days>', 'days, such as 400d').argParser(readDays).conflicts('before'))
    .addOption(new Option('--before <time>', 'a date or a time with its zone (ISO 8601)').argParser(readTime))
    .addHelpText('after', examples(['prune --older-than 400d', 'prune --before 2026-01-01']))
    .action(async (options: PruneOptions) => (await import('./prune.ts')).pruneLog(options));

  attempts
    .command('export')
    .description('write the log as JSON lines, the oldest first')
    .option('--account <account>', "the account's id or name (default: all)")
    .addOption(new Option('--from <time>', 'the first instant (ISO 8601)').argParser(readTime))
    .addOption(new Option('--to <time>', 'the first instant that is not included (ISO 8601)').argParser(readTime))
    .addHelpText(
      'after',
      examples(['export > attempts.jsonl', 'export --account east --from 2026-11-01 --to 2026-12-01']),
    )
    .action(async (options: ExportOptions) => (await import('./export.ts')).exportLog(options));
}

const examples = (commands: readonly string[]) =>
  `\nExamples:\n${commands.map((command) => `  countersign attempts ${command}\n`).join('')}`;

/** A span in milliseconds. */
function readDays(given: string): number {
  const [, days] = /^([1-9][0-9]{0,4})d$/.exec(given) ?? [];
  if (days === undefined) throw new InvalidArgumentError('It must be a number of days, such as 400d.');
  return Number(days) * day;
}

/** Milliseconds since the Unix epoch. A date alone is its first instant in UTC. */
function readTime(given: string): number {
  const iso = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;
  const [, date = ''] = iso.exec(given) ?? [];
  // February 30 would be read as March 2.
  const exists = !Number.isNaN(Date.parse(date)) && new Date(date).toISOString().startsWith(date);
  const time = exists ? Date.parse(given) : Number.NaN;
  if (Number.isNaN(time))
    throw new InvalidArgumentError('It must be a date such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z.');
  return time;
}
