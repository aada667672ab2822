import type { Selectable } from 'kysely';
import { readTexts } from './lists.ts';
import type { Assurance, Session } from './sessions.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

/** `secondKinds` is null for sessions of version 0.1.0. */
export type IssuedProof = Assurance & Pick<Session, 'secondKinds'>;

/**
 * A refresh token (RFC 6749 section 6). Each use replaces it with a new one; all refresh tokens of a session are one
 * family.
 */
export type RefreshToken = {
  readonly id: string;
  readonly sessionId: string;
  readonly scope: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usedAt: number | null;
  /** The proof of its session when it was issued, which a refresh keeps. Null in rows of version 0.1.0. */
  readonly proven: IssuedProof | null;
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
      ...(token.proven && {
        generation: token.proven.generation,
        amr: JSON.stringify(token.proven.amr),
        auth_time: token.proven.authTime,
        second_factor_at: token.proven.secondFactorAt,
        second_kinds: token.proven.secondKinds && JSON.stringify(token.proven.secondKinds),
      }),
    })
    .execute();
}

export async function findRefreshToken({ db, safe }: Store, text: string): Promise<RefreshToken | undefined> {
  const row = await db
    .selectFrom('refresh_tokens')
    .selectAll()
    .where('token_hash', 'in', safe.macs(context, text))
    .executeTakeFirst();
  return row && opened(row);
}

function opened(row: Selectable<Tables['refresh_tokens']>): RefreshToken {
  const { amr, auth_time: authTime, second_factor_at: secondFactorAt, generation } = row;
  const secondKinds = row.second_kinds === null ? null : readTexts(row.second_kinds);
  return {
    id: row.id,
    sessionId: row.session_id,
    scope: row.scope,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
    proven:
      amr === null || authTime === null
        ? null
        : { generation, amr: readTexts(amr), authTime, secondFactorAt, secondKinds },
  };
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
