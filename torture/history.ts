/**
 * What was asked and what came of it, as people saw it. With the log of attempts it is all that the checker goes by. Secrets stand
 * in it as fingerprints.
 */
export type Op =
  | 'register'
  /** A password, and in `grant` a code with it. */
  | 'login'
  | 'grant'
  /** The code that completes a login. */
  | 'answer'
  /** A challenge beside a login: asked for by a service or a session, and answered. */
  | 'ask'
  | 'verify'
  | 'refresh'
  /** An authenticator is begun and shown to work; is removed; all are; new recovery codes; a new password. */
  | 'begin'
  | 'confirm'
  | 'remove'
  | 'off'
  | 'renew'
  | 'password'
  /** Whether a session is in force; with what its user has. */
  | 'check'
  | 'list'
  /** A session ends itself, or another one of its user's. */
  | 'end'
  | 'send';

/** What was sent to prove something. `wrong` is a guess. */
export type Proof =
  | { readonly kind: 'totp'; readonly app: string; readonly step: number }
  | { readonly kind: 'recovery' | 'email'; readonly code: string }
  | { readonly kind: 'wrong'; readonly of: 'totp' | 'recovery' | 'email' };

export type Sent = {
  readonly password?: string;
  readonly newPassword?: string;
  readonly challenge?: string;
  readonly proof?: Proof;
  /** The session it was asked through, and the one that it is to end. */
  readonly session?: string;
  readonly ends?: string;
  readonly app?: string;
  readonly refresh?: string;
};

export type Got = {
  /** The user's id. */
  readonly user?: string;
  readonly session?: string;
  readonly acr?: string;
  readonly challenge?: string;
  readonly refresh?: string;
  readonly assertion?: string;
  readonly app?: string;
  /** What the user has that answers a challenge. */
  readonly apps?: readonly string[];
  /** Recovery codes. */
  readonly codes?: readonly string[];
};

export type Seen = {
  readonly op: Op;
  readonly who: string;
  readonly node: number;
  /** Milliseconds since the experiment began, by the one clock of those who ask: before it was sent, and after it was answered. */
  readonly start: number;
  readonly end: number;
  readonly sent: Sent;
  /** `unknown`: no answer came, or one that says that the server could not. It may have happened and may not. */
  readonly outcome: 'ok' | 'refused' | 'unknown';
  readonly status?: number;
  /** The door's own word for why. */
  readonly code?: string;
  readonly requestId?: string;
  readonly got: Got;
};

export type History = {
  readonly seen: readonly Seen[];
  /** How much faster the servers' time goes than the clock of those who ask. */
  readonly speed: number;
  /** How far two servers' clocks may be apart at any two moments beyond the time between them: milliseconds of their time. */
  readonly spread: number;
};

/** One row of the log of attempts, as far as it matters. */
export type AttemptRow = {
  readonly requestId: string | null;
  readonly userId: string | null;
  readonly action: string;
  readonly outcome: string;
};

export type Violation = {
  /** The invariant, or what else was promised. */
  readonly rule: string;
  readonly what: string;
  /** What shows it. */
  readonly seen: readonly Seen[];
};
