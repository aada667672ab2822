/**
 * Requests and their outcomes, as clients observed them. The checker uses this and the log of attempts, and nothing else. Secrets are recorded
 * as fingerprints.
 */
export type Op =
  | 'register'
  /** A password, and in `grant` a code with it. */
  | 'login'
  | 'grant'
  /** The code that completes a login. */
  | 'answer'
  /** A challenge outside a login: created by a service or a session, answered, and its assertion redeemed. */
  | 'ask'
  | 'verify'
  | 'redeem'
  | 'refresh'
  /** Enrollment of an authenticator begins and is confirmed; one is removed; all are; new recovery codes; a new password. */
  | 'begin'
  | 'confirm'
  | 'remove'
  | 'off'
  | 'renew'
  | 'password'
  /** Whether a session is valid; the same with its user's authenticators. */
  | 'check'
  | 'list'
  /** A session ends itself, or another session of its user. */
  | 'end'
  /** The administrator disables a person, and enables them again. */
  | 'disable'
  | 'enable'
  | 'send';

/** The proof that was sent. `wrong` is a guess. */
export type Proof =
  | { readonly kind: 'totp'; readonly app: string; readonly step: number }
  | { readonly kind: 'recovery'; readonly code: string }
  /** `action`: what its message says that it approves. */
  | { readonly kind: 'email'; readonly code: string; readonly action?: string }
  | { readonly kind: 'wrong'; readonly of: 'totp' | 'recovery' | 'email' };

export type Sent = {
  readonly password?: string;
  readonly newPassword?: string;
  readonly challenge?: string;
  readonly proof?: Proof;
  /** The action that the challenge asks to approve. */
  readonly action?: string;
  /** The assertion that is redeemed. */
  readonly assertion?: string;
  /** The session that the request used, the generation of its token, and the session that it ends. */
  readonly session?: string;
  readonly generation?: number;
  readonly ends?: string;
  readonly app?: string;
  readonly refresh?: string;
  /** Whether the person's account requires an app of its users. */
  readonly requiresApp?: true;
};

export type Received = {
  /** The user's id. */
  readonly user?: string;
  readonly session?: string;
  readonly acr?: string;
  /** The generation of the tokens. */
  readonly generation?: number;
  /** The scope that a client was granted. */
  readonly scope?: string;
  readonly challenge?: string;
  readonly refresh?: string;
  readonly assertion?: string;
  readonly app?: string;
  /** The authenticators that can answer the challenge. */
  readonly apps?: readonly string[];
  /** Recovery codes. */
  readonly codes?: readonly string[];
};

export type Observation = {
  readonly op: Op;
  readonly who: string;
  readonly node: number;
  /** Milliseconds since the experiment began, by the clients' one clock: before the request was sent, and after its answer. */
  readonly start: number;
  readonly end: number;
  readonly sent: Sent;
  /** `unknown`: no answer, or a 5xx. The operation may have taken effect or not. */
  readonly outcome: 'ok' | 'refused' | 'unknown';
  readonly status?: number;
  /** The problem code, or the OAuth2 error. */
  readonly code?: string;
  readonly requestId?: string;
  readonly received: Received;
};

export type History = {
  readonly seen: readonly Observation[];
  /** How much faster virtual time runs than the clients' clock. */
  readonly speed: number;
  /** How far readings of two servers' clocks may differ beyond the time between them: milliseconds of virtual time. */
  readonly maxSkew: number;
};

/** One row of the log of attempts: the columns that the checker uses. */
export type AttemptRow = {
  readonly requestId: string | null;
  readonly userId: string | null;
  readonly action: string;
  readonly outcome: string;
};

export type Violation = {
  /** The invariant or promise that does not hold. */
  readonly rule: string;
  readonly what: string;
  /** The operations that show it. */
  readonly seen: readonly Observation[];
};
