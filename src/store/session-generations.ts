import { sql } from 'kysely';
import type { Assurance, RaisedToken, Session } from './sessions.ts';
import type { Store } from './store.ts';

/** A session as one of its tokens refers to it. */
type OfToken = Pick<Session, 'id' | 'userId' | 'generation'>;

/** The proof of a response. `authTime` is absent if it was not a first factor. */
export type NewlyProven = Pick<Session, 'amr' | 'secondFactorAt' | 'secondKinds'> & Partial<Pick<Session, 'authTime'>>;

/**
 * Begins the next generation of a session whose user has just proven a factor, and voids its earlier refresh tokens.
 * Each of two simultaneous step-ups gets its own generation. Undefined: the session is no longer valid.
 */
export async function stepUpSession(
  { db }: Store,
  { id, userId, epoch, ...proven }: Pick<Session, 'id' | 'userId' | 'epoch'> & NewlyProven,
  now: number,
): Promise<number | undefined> {
  const row = await db
    .updateTable('sessions')
    .set({ ...columnsOf(proven), refresh_from: sql<number>`generation + 1` })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('epoch', '=', epoch)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('generation')
    .executeTakeFirst();
  return row?.generation;
}

/**
 * Begins the next generation of a session that has enrolled a factor, and moves it to the user's new epoch, in which all
 * others become void. Its earlier tokens stay as they were. Undefined: the session is no longer valid.
 */
export async function raiseSession(
  { db }: Store,
  { id, epoch, generation: of, ...proven }: OfToken & Pick<Session, 'epoch'> & NewlyProven,
): Promise<number | undefined> {
  const row = await db
    .updateTable('sessions')
    .set({ ...columnsOf(proven), epoch })
    .where('id', '=', id)
    .where('epoch', '=', epoch - 1)
    .where('generation_from', '<=', of)
    .where('revoked_at', 'is', null)
    .returning('generation')
    .executeTakeFirst();
  return row?.generation;
}

/** Raises the access token that made an enrollment, for clients that read no other. */
export async function raiseToken(
  { db }: Store,
  sessionId: string,
  raised: Assurance & Pick<RaisedToken, 'tokenId'>,
): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ raised: JSON.stringify(raised) })
    .where('id', '=', sessionId)
    .execute();
}

/**
 * Keeps a session valid after another change of its user, by moving it to the user's new epoch. All others, and this
 * session's generations before that of the token that made the change, become void. False: the session is no longer
 * valid.
 */
export async function carryOver(
  { db }: Store,
  { id, epoch, generation }: Pick<Session, 'id' | 'epoch'> & Pick<Assurance, 'generation'>,
): Promise<boolean> {
  const result = await db
    .updateTable('sessions')
    .set({
      epoch,
      generation_from: generation,
      refresh_from: sql<number>`case when refresh_from < ${generation} then ${generation} else refresh_from end`,
    })
    .where('id', '=', id)
    .where('epoch', '=', epoch - 1)
    .where('generation_from', '<=', generation)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

function columnsOf({ amr, secondFactorAt, secondKinds, authTime }: NewlyProven) {
  return {
    generation: sql<number>`generation + 1`,
    amr: JSON.stringify(amr),
    second_factor_at: secondFactorAt,
    second_kinds: secondKinds && JSON.stringify(secondKinds),
    ...(authTime !== undefined && { first_factor_at: authTime }),
  };
}
