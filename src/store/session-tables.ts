import type { Generated } from 'kysely';

/** The tables of sessions and their refresh tokens. */
export type SessionTables = {
  sessions: {
    id: string;
    user_id: string;
    auth_module: string;
    epoch: number;
    amr: string;
    /** When a second factor was last proven. */
    second_factor_at: number | null;
    auth_time: number;
    expires_at: number;
    revoked_at: number | null;
    client_ip: string | null;
    user_agent: string | null;
    /** The OAuth2 client it was created for, and the scope it got. */
    client_id: Generated<string | null>;
    scope: Generated<string | null>;
    /** The key that opened it and that it ends with; null: another credential, or a key without an end. */
    key_id: Generated<string | null>;
    /** Grows with each step-up and enrollment. `amr`, `second_factor_at` and `first_factor_at` are of the newest. */
    generation: Generated<number>;
    /** Access tokens and refresh tokens of earlier generations are void. */
    generation_from: Generated<number>;
    refresh_from: Generated<number>;
    /** When the first factor was proven again after `auth_time`. */
    first_factor_at: Generated<number | null>;
    /** The kinds of second factor that were proven, a JSON list. Null in rows of version 0.1.0. */
    second_kinds: Generated<string | null>;
    /** The access token that an enrollment raised in place, and what it proves since then: JSON. */
    raised: Generated<string | null>;
  };
  /** One row per refresh token; those of one session are a family. */
  refresh_tokens: {
    id: string;
    token_hash: string;
    session_id: string;
    scope: string;
    created_at: number;
    expires_at: number;
    used_at: number | null;
    /** The proof of its session when it was issued. `amr` and `auth_time` are null in rows of version 0.1.0. */
    generation: Generated<number>;
    amr: Generated<string | null>;
    auth_time: Generated<number | null>;
    second_factor_at: Generated<number | null>;
    second_kinds: Generated<string | null>;
  };
};
