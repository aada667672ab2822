import type { Generated } from 'kysely';

/**
 * What is remembered. Columns mean the same on both databases: ids and text are `text`, instants are integer milliseconds
 * since the Unix epoch, flags are 0 or 1, documents are JSON in `text`.
 */
export type Tables = {
  migrations: { name: string; applied_at: number };
  /** Facts about the database itself. */
  meta: { key: string; value: string };
  accounts: {
    id: string;
    parent_id: string | null;
    name: string;
    /** The name as names are compared. */
    name_key: string;
    realm: Generated<string | null>;
    /** Grows with every change. */
    revision: Generated<number>;
    created_at: number;
  };
  /** Who stands above whom, each account above itself at depth 0: what one may reach, and what one inherits, is one search. */
  account_ancestors: { account_id: string; ancestor_id: string; depth: number };
  /** Configurations of factors. */
  providers: {
    id: string;
    /** Null for the system's own, of which there is one for each kind of factor. */
    account_id: string | null;
    /** The kind of factor. */
    provider_name: string;
    name: string | null;
    enabled: number;
    /** Sealed JSON. */
    settings: string;
    revision: Generated<number>;
    created_at: number;
    updated_at: number;
  };
  /** What an account says about its auth modules. */
  security: {
    account_id: string;
    /** A JSON object. */
    auth_modules: string;
    revision: Generated<number>;
    updated_at: number;
  };
  users: {
    id: string;
    account_id: string;
    name: string;
    name_key: string;
    email: string | null;
    email_key: string | null;
    /** Sealed. */
    phone: string | null;
    first_name: string | null;
    last_name: string | null;
    /** A JSON list. */
    roles: string;
    verified: Generated<number>;
    /** The service that keeps a user of its own application. */
    service_id: Generated<string | null>;
    /** Grows with every change to the user's factors; what was begun or issued under an earlier one is void. */
    epoch: Generated<number>;
    created_at: number;
    updated_at: number;
    version: Generated<number>;
  };
  authenticators: {
    id: string;
    user_id: string;
    kind: string;
    label: string | null;
    /** The factor's state, sealed JSON. */
    state: string;
    /** The keyed hash of the secret, for kinds that are found by it. */
    lookup: string | null;
    status: 'pending' | 'active';
    /** Grows with every new state. */
    revision: Generated<number>;
    created_at: number;
    updated_at: number;
    last_used_at: number | null;
    /** The end of a pending enrolment. */
    expires_at: number | null;
  };
  challenges: {
    id: string;
    /** The keyed hash of the token that speaks for it. */
    token_hash: string;
    user_id: string;
    auth_module: string;
    /** What was proven before it, a JSON list of authentication methods (RFC 8176). */
    amr: string;
    epoch: number;
    created_at: number;
    expires_at: number;
    closed_at: number | null;
    /** The kinds of factor that answer it, a JSON list; null: any second factor does. */
    kinds: Generated<string | null>;
    /** As in `attempts`. */
    auth_config_origin: Generated<string | null>;
    mfa_config_origin: Generated<string | null>;
    /** For nodes of version 0.1.0 (`old-prompts.ts`): Duo's prompt, sealed JSON, and a keyed hash of its handle. */
    prompt: Generated<string | null>;
    handle: Generated<string | null>;
    /** Where it stands for an enrolment: the kind of factor. */
    enrolls: Generated<string | null>;
    /** Where it is no login's: the user that is the service which asked, or the session that steps up. */
    service_id: Generated<string | null>;
    session_id: Generated<string | null>;
    /** What its user is asked to approve. */
    action: Generated<string | null>;
    /** What for, in a word of who asked. */
    purpose: Generated<string | null>;
  };
  /** What challenges keep of their prompts, one a kind. */
  prompts: {
    challenge_id: string;
    /** The kind of factor. */
    kind: string;
    /** The configuration that it was put by, where the factor has no authenticators. */
    provider_account_id: string | null;
    provider_id: string | null;
    /** What was shown, and what the response is verified by, sealed JSON. */
    memo: string;
    /** A keyed hash of what a response names it by. */
    handle: string | null;
    expires_at: number;
  };
  /** Responses that were accepted and must not be again, by the id of a provider or the kind of factor. */
  spent_replies: { provider_id: string; reply: string; until: number };
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
    /** The OAuth2 client it was made for. */
    client_id: Generated<string | null>;
  };
  /** Consecutive failures of one subject with one kind of factor. */
  throttles: { subject: string; kind: string; failures: number; last_at: number };
  /** Messages with codes that went to one destination, or out for one account. */
  sends: {
    /** The name of a share: a keyed hash of a destination or a client address, or what stands for a user or an account. */
    destination: string;
    last_at: number;
    /** When its window began, which may be shorter than a day, and how many were sent in it. */
    day_began: number;
    in_day: number;
  };
  /** Notices about changes that still have to be sent. */
  notices: {
    attempt_id: string;
    user_id: string;
    /** The e-mail address as it was before the change, sealed. */
    to: string;
    /** A keyed hash of that address. Null in rows of a program that had no such column. */
    destination: string | null;
    name: string;
    factor: string | null;
    at: number;
    tries: number;
    due_at: number;
    /** 1: it was put off, to be sent in one message with others. */
    in_digest: Generated<number>;
    /** How many notices it stands for, and when the last of them was; null: when it was itself. */
    count: Generated<number>;
    last_at: Generated<number | null>;
  };
  /** OAuth2 clients. */
  clients: {
    id: string;
    account_id: string;
    name: string;
    /** A keyed hash; null for a public client. */
    secret_hash: string | null;
    /** A JSON list. */
    grant_types: string;
    scope: string;
    created_at: number;
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
  };
  attempts: {
    id: string;
    at: number;
    account_id: string | null;
    user_id: string | null;
    action: string;
    auth_module: string | null;
    factor: string | null;
    outcome: 'success' | 'failed';
    reason: string | null;
    session_id: string | null;
    client_ip: string | null;
    user_agent: string | null;
    request_id: string | null;
    /** What was asked for as the second factor. */
    provider_name: Generated<string | null>;
    /** The account whose security configuration said so, or `system`. */
    auth_config_origin: Generated<string | null>;
    /** The account whose provider was meant, or `system`. */
    mfa_config_origin: Generated<string | null>;
    /** What was made, changed or removed, where that is no user's. */
    object_id: Generated<string | null>;
    /** More about the reason, in words of ours. */
    detail: Generated<string | null>;
    /** Its chain, its place there from 1, and a keyed hash over the row and the place's predecessor. Null in rows older than the chains. */
    strand: Generated<string | null>;
    seq: Generated<number | null>;
    hash: Generated<string | null>;
  };
  /** The two ends of each chain of attempts. */
  attempt_chains: {
    strand: string;
    /** The place of the newest row. */
    seq: number;
    /** A keyed hash of the newest row's hash. The next row is chained to it, and then it stands nowhere any more. */
    tip: string;
    /** Up to here everything was pruned; 0: nothing was. */
    base_seq: number;
    /** The hash of the row that stood there. */
    base_hash: string;
    /** A keyed hash over these two, for only pruning moves them. */
    base_seal: string;
  };
  /** One row, which counts the chains. */
  attempt_register: { id: number; /** Sealed JSON. */ value: string };
};
