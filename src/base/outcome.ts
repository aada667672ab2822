/**
 * What an operation answers: a value, or a refusal. A refusal is an ordinary outcome and is returned;
 * a fault (something broken) is thrown.
 */
export type Outcome<Value, Reason extends string> = Success<Value> | Refusal<Reason>;

export type Success<Value> = { readonly ok: true; readonly value: Value };

export type Refusal<Reason extends string> = {
  readonly ok: false;
  readonly reason: Reason;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter?: number;
  /** More about it for the log of attempts. No door tells it. */
  readonly detail?: string;
};

export function success<Value>(value: Value): Success<Value> {
  return { ok: true, value };
}

export function refuse<Reason extends string>(reason: Reason, retryAfter?: number): Refusal<Reason> {
  return retryAfter === undefined ? { ok: false, reason } : { ok: false, reason, retryAfter };
}
