import type { Command } from 'commander';
import type { UserOptions } from '../user/with-countersign.ts';

export function addServiceCommands(service: Command): void {
  service
    .command('add <name>')
    .description('create a service, or another key for an existing one; the key is printed once')
    .option('--account <account>', "the account's id or name (default: root)")
    .addHelpText('after', '\nExample:\n  countersign service add shop\n')
    .action(async (name: string, options: UserOptions) => (await import('./add.ts')).addService(name, options));
}
