import { clientsOf } from '../../engine/operations.ts';
import { granted, withCountersign } from '../user/with-countersign.ts';

export type AccountOptions = { readonly account?: string };

/** Prints one line for each client: its id, its grants, its scope in brackets, its name. */
export async function listClients({ account }: AccountOptions): Promise<void> {
  const clients = await withCountersign(async (ctx) => granted(await clientsOf(ctx, account), account ?? 'root'));
  const lines = clients.map(
    ({ id, name, grantTypes, scope }) => `${id}  ${grantTypes.join(',')}  [${scope}]  ${name}\n`,
  );
  process.stdout.write(lines.length === 0 ? 'there are no clients\n' : lines.join(''));
}
