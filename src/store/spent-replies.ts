import type { Store } from './store.ts';

/** A response that a provider verified and that must not be accepted again. */
export type SpentReply = {
  readonly providerId: string;
  /** Identifies the response, at any challenge. */
  readonly id: string;
  /** When the provider's protocol itself rejects it as expired, in milliseconds since the Unix epoch. */
  readonly until: number;
};

/** Marks a response as used. False: it was used before. */
export async function spendReply({ db }: Store, { providerId, id, until }: SpentReply): Promise<boolean> {
  const result = await db
    .insertInto('spent_replies')
    .values({ provider_id: providerId, reply: id, until })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function deleteExpiredSpentReplies({ db }: Store, before: number): Promise<number> {
  const result = await db.deleteFrom('spent_replies').where('until', '<=', before).executeTakeFirst();
  return Number(result.numDeletedRows);
}
