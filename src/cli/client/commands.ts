import { InvalidArgumentError, Option, type Command } from 'commander';
import type { AddClientOptions, Grant } from './add.ts';
import type { AccountOptions } from './list.ts';

export function addClientCommands(client: Command): void {
  const add = client
    .command('add <name>')
    .description('create a client; its secret is printed once')
    .addOption(
      new Option('--grant <grant>', 'password or refresh_token; more than once for both')
        .argParser(addGrant)
        .makeOptionMandatory(),
    )
    .option('--scope <words>', 'the scopes that it may get, separated by spaces: mfa, manage', '')
    .option('--deux', "a client of Deux's: its users manage their second factors through it")
    .option('--public', 'a client that cannot keep a secret, such as a mobile app')
    .action(async (name: string, options: AddClientOptions) => (await import('./add.ts')).addClient(name, options));

  const list = client
    .command('list')
    .description("list an account's clients")
    .action(async (options: AccountOptions) => (await import('./list.ts')).listClients(options));

  client
    .command('remove <id>')
    .description('remove a client and end its sessions')
    .action(async (id: string) => (await import('./remove.ts')).removeClient(id));

  for (const command of [add, list]) command.option('--account <account>', "the account's id or name (default: root)");
}

const grants: readonly Grant[] = ['password', 'refresh_token'];

function addGrant(given: string, before: readonly Grant[] = []): readonly Grant[] {
  const grant = grants.find((one) => one === given);
  if (!grant) throw new InvalidArgumentError(`It must be one of ${grants.join(', ')}.`);
  return before.includes(grant) ? before : [...before, grant];
}
