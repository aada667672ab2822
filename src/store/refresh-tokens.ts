import type { Store } from './store.ts';

/**
 * A refresh token (RFC 6749 section 6). Each use replaces it by a new one; all refresh tokens of a session are one
 * family.
 */
export type RefreshToken = {
  readonly id: string;
  readonly sessionId: string;
  readonly scope: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usedAt: number | null;
};

const context = 'refresh_token';

export async function insertRefreshToken({ db, safe }: Store, token: RefreshToken, text: string): Promise<void> {
  await db
    .insertInto('refresh_tokens')
    .values({
      id: token.id,
      token_hash: safe.mac(context, text),
      session_id: token.sessionId,
      scope: token.scope,
      created_at: token.createdAt,
      expires_at: token.expiresAt,
    })
    .execute();
}

export async function findRefreshToken({ db, safe }: Store, text: string): Promise<RefreshToken | undefined> {
  return db
    .selectFrom('refresh_tokens')
    .select([
      'id',
      'session_id as sessionId',
      'scope',
      'created_at as createdAt',
      'expires_at as expiresAt',
      'used_at as usedAt',
    ])
    .where('token_hash', 'in', safe.macs(context, text))
    .executeTakeFirst();
}

/** Marks a refresh token as used. False: it was used before. */
export async function useRefreshToken({ db }: Store, id: string, now: number): Promise<boolean> {
  const result = await db
    .updateTable('refresh_tokens')
    .set({ used_at: now })
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
