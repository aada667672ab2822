import { unlock } from '../../engine/operations.ts';
import { granted, withCountersign, type UserOptions } from './with-countersign.ts';

export async function unlockUser(login: string, { account }: UserOptions): Promise<void> {
  const kinds = await withCountersign(async (ctx) => granted(await unlock(ctx, { account, login }), login));
  process.stdout.write(
    kinds === 0 ? `${login} had no failed attempts\n` : `${login} is unlocked: failed attempts were reset\n`,
  );
}
