import { InvalidArgumentError, Option, type Command } from 'commander';
import { day, hour, minute, second } from '../../base/clock.ts';
import { keyKinds } from '../../base/keys.ts';
import type { RotateOptions } from './rotate.ts';

export function addKeysCommands(keys: Command): void {
  keys
    .command('make')
    .description('create the keys file that COUNTERSIGN_KEYS names')
    .action(async () => (await import('./make.ts')).makeKeys());

  keys
    .command('list')
    .description('list the keys, their states and how many values use each; never a secret')
    .action(async () => (await import('./list.ts')).listKeys());

  keys
    .command('rotate')
    .description('add new keys to the ring, which become active later')
    .addOption(new Option('--only <kind>', 'one kind of key').choices(keyKinds))
    .addOption(
      new Option('--active-in <span>', 'when they become active; by then every node needs the file')
        .argParser(readSpan)
        .default(10 * minute, '10m'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  countersign keys rotate\n  countersign keys rotate --only signing --active-in 2h\n',
    )
    .action(async (options: RotateOptions) => (await import('./rotate.ts')).rotateKeys(options));

  keys
    .command('reseal')
    .description('seal all values with the active key, while servers run')
    .action(async () => (await import('./reseal.ts')).resealAll());

  keys
    .command('retire')
    .description('remove a retired key that is no longer used')
    .argument('<id>', 'the id of the key')
    .action(async (id: string) => (await import('./retire.ts')).retireKey(id));
}

const units: Readonly<Record<string, number>> = { s: second, m: minute, h: hour, d: day };

/** A span in milliseconds. Servers have to see the file before it is over. */
function readSpan(given: string): number {
  const [, count = '', unit = ''] = /^([1-9][0-9]{0,4})([smhd])$/.exec(given) ?? [];
  const span = Number(count) * (units[unit] ?? Number.NaN);
  if (!(span >= 30 * second && span <= 30 * day))
    throw new InvalidArgumentError('It must be from 30s to 30d: a number and s, m, h or d.');
  return span;
}
