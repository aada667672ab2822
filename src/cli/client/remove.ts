import { dropClient } from '../../engine/operations.ts';
import { CommandFailed } from '../explain.ts';
import { withCountersign } from '../user/with-countersign.ts';

export async function removeClient(id: string): Promise<void> {
  const removed = await withCountersign((ctx) => dropClient(ctx, id));
  if (!removed.ok) throw new CommandFailed(`no client has the id ${id}: countersign client list shows the ids`);
  process.stdout.write(`${removed.value.name} was removed, and its sessions have ended\n`);
}
