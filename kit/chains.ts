import { requestContext } from '../src/engine/context.ts';
import { logRefusal } from '../src/engine/audit/log-attempt.ts';
import { chainDigit, chainsOf } from '../src/store/attempt-chain.ts';
import { client } from './test-engine.ts';
import type { Server } from './server.ts';

/** Logs an attempt in every chain of an account: the first of a chain costs more than later ones. */
export async function openEveryChain({ countersign: { context } }: Server, accountId: string): Promise<void> {
  const opened = new Set<string>();
  const ctx = requestContext(context, client);
  for (let at = 0; opened.size < chainsOf(accountId).length; at += 1) {
    const userId = `user ${at}`;
    if (opened.has(chainDigit(userId))) continue;
    opened.add(chainDigit(userId));
    await logRefusal(ctx, { action: 'login', accountId, userId }, 'wrong');
  }
}

/** The id of the root account. */
export async function rootOf({ countersign }: Server): Promise<string> {
  const { db } = countersign.context.store;
  const root = db.selectFrom('accounts').select('id').where('parent_id', 'is', null);
  return (await root.executeTakeFirstOrThrow()).id;
}
