import type { Store } from './store.ts';

/** A reply that a provider's word was taken for. */
export type SpentReply = {
  readonly providerId: string;
  /** What makes it one and the same, at whatever challenge it comes again. */
  readonly id: string;
  /** After this instant the provider's own protocol refuses it. */
  readonly until: number;
};

/** Spends a reply. False: it is spent already. */
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
