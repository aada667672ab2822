import { dropClient } from '../../engine/operations.ts';
import { Refused } from '../explain.ts';
import { withHouse } from '../user/with-house.ts';

export async function removeClient(id: string): Promise<void> {
  const removed = await withHouse((ctx) => dropClient(ctx, id));
  if (!removed.ok) throw new Refused('there is no such client');
  process.stdout.write(`${removed.value.name} is gone, and the sessions that were made for it have ended\n`);
}
