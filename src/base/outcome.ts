/**
 * The result of an operation. A refusal, such as a wrong code, is returned. A fault, such as a lost database, is
 * thrown.
 */
export type Outcome<Value, Reason extends string> = Success<Value> | Refusal<Reason>;

export type Success<Value> = { readonly ok: true; readonly value: Value };

export type Refusal<Reason extends string> = {
  readonly ok: false;
  readonly reason: Reason;
  /** Seconds after which the client may try again. */
  readonly retryAfter?: number;
  /** More about the reason, for the audit log only. It is never sent to the client. */
  readonly detail?: string;
};

export function success<Value>(value: Value): Success<Value> {
  return { ok: true, value };
}

export function refuse<Reason extends string>(reason: Reason, retryAfter?: number): Refusal<Reason> {
  return retryAfter === undefined ? { ok: false, reason } : { ok: false, reason, retryAfter };
}
