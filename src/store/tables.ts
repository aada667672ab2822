import type { Generated } from 'kysely';
import type { SessionTables } from './session-tables.ts';

/**
 * The tables. Columns mean the same on both databases: ids and text are `text`, times are integer milliseconds since the
 * Unix epoch, flags are 0 or 1, documents are JSON in `text`.
 */
export type Tables = SessionTables & {
  migrations: { name: string; applied_at: number };
  /** Facts about the database itself. */
  meta: { key: string; value: string };
  accounts: {
    id: string;
    parent_id: string | null;
    name: string;
    /** The name in the form used to compare names. */
    name_key: string;
    realm: Generated<string | null>;
    /** 0: no credential of its users, or of users below it, is valid. */
    enabled: Generated<number>;
    /** Grows with every change. */
    revision: Generated<number>;
    created_at: number;
  };
  /** All ancestors of each account, and the account itself at depth 0, so that a subtree is one query. */
  account_ancestors: { account_id: string; ancestor_id: string; depth: number };
  /** Configurations of factors. */
  providers: {
    id: string;
    /** Null for providers of the system, which has at most one for each kind of factor. */
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
  /** The security configuration of accounts. */
  security: {
    account_id: string;
    /** A JSON object with one member for each auth module, by the names that were written. */
    auth_modules: string;
    /** A JSON object of the account's other rules. */
    rules: Generated<string | null>;
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
    /** 0: no credential of the user is valid. */
    enabled: Generated<number>;
    verified: Generated<number>;
    /** The service that created and manages an external user. */
    service_id: Generated<string | null>;
    /** Grows with every change to the user's factors. Sessions, challenges and tokens of an earlier epoch are void. */
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
    /** The keyed hash of the secret, for kinds that are found by their secret. */
    lookup: string | null;
    status: 'pending' | 'active';
    /** Grows with every new state. */
    revision: Generated<number>;
    created_at: number;
    updated_at: number;
    last_used_at: number | null;
    /** When a pending enrollment expires, or a key ends. */
    expires_at: number | null;
    /** `manage`, for a key that administers, and the administrator who made it. */
    scope: Generated<string | null>;
    maker_id: Generated<string | null>;
  };
  challenges: {
    id: string;
    /** The keyed hash of its token. */
    token_hash: string;
    user_id: string;
    auth_module: string;
    /** The methods that were proven before it (RFC 8176), a JSON list. */
    amr: string;
    epoch: number;
    created_at: number;
    expires_at: number;
    closed_at: number | null;
    /** The kinds of factor that may answer it, a JSON list; null: any second factor. */
    kinds: Generated<string | null>;
    /** As in `attempts`. */
    auth_config_origin: Generated<string | null>;
    mfa_config_origin: Generated<string | null>;
    /** For nodes of version 0.1.0 (`old-prompts.ts`): Duo's prompt, sealed JSON, and a keyed hash of its handle. */
    prompt: Generated<string | null>;
    handle: Generated<string | null>;
    /** The kind of factor that the user must enroll. */
    enrolls: Generated<string | null>;
    /** The user of the service, or the session to step up, that created it. Both are null for a login. */
    service_id: Generated<string | null>;
    session_id: Generated<string | null>;
    /** The action that its user is asked to approve. */
    action: Generated<string | null>;
    /** The purpose, in the words of the service or session. */
    purpose: Generated<string | null>;
    /** The OAuth2 client of a login, and the scope that its session gets. */
    client_id: Generated<string | null>;
    scope: Generated<string | null>;
    /** The key of a login whose session ends with it. */
    key_id: Generated<string | null>;
  };
  /** The prompts of challenges, at most one of each kind of factor. */
  prompts: {
    challenge_id: string;
    /** The kind of factor. */
    kind: string;
    /** The provider that issued it, for factors without authenticators. */
    provider_account_id: string | null;
    provider_id: string | null;
    /** The data that the user's client shows, and the data that verifies the response: sealed JSON. */
    memo: string;
    /** The keyed hash of the handle that identifies the prompt in a response. */
    handle: string | null;
    expires_at: number;
  };
  /** Responses that were accepted and must not be accepted again, by the id of a provider or the kind of factor. */
  spent_replies: { provider_id: string; reply: string; until: number };
  /** Consecutive failures of one subject with one kind of factor. */
  throttles: { subject: string; kind: string; failures: number; last_at: number };
  /** Counters that limit how many messages are sent. */
  sends: {
    /** The counter's name: a prefix and a keyed hash of a destination or client address, or an id. */
    destination: string;
    last_at: number;
    /** When the current window began, which may be shorter than a day, and how many messages were sent in it. */
    day_began: number;
    in_day: number;
  };
  /** Notices about changes that wait to be sent. */
  notices: {
    attempt_id: string;
    user_id: string;
    /** The e-mail address as it was before the change, sealed. */
    to: string;
    /** The keyed hash of that address. Null in rows of an older version. */
    destination: string | null;
    name: string;
    factor: string | null;
    at: number;
    tries: number;
    due_at: number;
    /** 1: it was postponed, to be sent in one message with others. */
    in_digest: Generated<number>;
    /** How many equal notices the row counts, and the time of the last; null: `at`. */
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
    /** For nodes of version 0.1.0. */
    scope: string;
    created_at: number;
    /** JSON lists. Null in rows of version 0.1.0. */
    scopes: Generated<string | null>;
    default_scopes: Generated<string | null>;
    audiences: Generated<string | null>;
  };
  /** The audit log. */
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
    /** The kind of second factor that was required. */
    provider_name: Generated<string | null>;
    /** The account whose security configuration required it, or `system`. */
    auth_config_origin: Generated<string | null>;
    /** The account whose provider was used, or `system`. */
    mfa_config_origin: Generated<string | null>;
    /** The id of the account, provider or client that was created, changed or removed. */
    object_id: Generated<string | null>;
    /** More about the reason. It never quotes input. */
    detail: Generated<string | null>;
    /** Its chain, its number there from 1, and its keyed hash. Null in rows written before chains existed. */
    strand: Generated<string | null>;
    seq: Generated<number | null>;
    hash: Generated<string | null>;
  };
  /** The head and the checkpoint of each chain of the audit log. */
  attempt_chains: {
    strand: string;
    /** The place of the newest row. */
    seq: number;
    /** The head MAC: a keyed hash of the newest row's hash, which the next row includes and then overwrites. */
    tip: string;
    /** The checkpoint: the last pruned place; 0: nothing was pruned. */
    base_seq: number;
    /** The hash of the row that was there. */
    base_hash: string;
    /** A keyed hash over these two, so that only pruning can change them. */
    base_seal: string;
  };
  /** One row with the number of chains. */
  attempt_register: { id: number; /** Sealed JSON. */ value: string };
};
