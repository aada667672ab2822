import type { Command } from 'commander';
import type { RemoveOptions } from './remove.ts';

export function addPolicyCommands(policy: Command): void {
  policy
    .command('remove')
    .description("remove an account's security configuration, for example one that lets nobody log in")
    .option('--account <account>', "the account's id or name (default: root)")
    .option('--yes', 'do not ask for confirmation')
    .action(async (options: RemoveOptions) => (await import('./remove.ts')).removeAccountPolicy(options));
}
