import type { ApiResponse } from './transport.ts';

/** The result of an operation: its value, or a refusal. Operations throw only if the server did not answer. */
export type Result<Value> = { readonly ok: true; readonly value: Value } | Refused;

/** A refusal. */
export type Refused = {
  readonly ok: false;
  /** As in HTTP. */
  readonly status: number;
  /** A stable word for programs, such as `invalid_code` or `throttled`. */
  readonly code: string;
  /** A sentence for people. */
  readonly detail: string;
  /** Seconds to wait before a retry. */
  readonly retryAfter?: number;
  /** What the credential lacks, from the header `WWW-Authenticate` says it (RFC 9470 for step-up). */
  readonly authenticate?: string;
  /** If a second factor must be enrolled first: a token that allows only the enrollment. */
  readonly enrollmentToken?: string;
  /** The request id in the operator's log. */
  readonly requestId?: string;
};

/** Reads an answer; `value` returns the value of a successful one. */
export function resultOf<Value>(answered: ApiResponse, value: (answered: ApiResponse) => Value): Result<Value> {
  return answered.status < 400 ? { ok: true, value: value(answered) } : refusedOf(answered);
}

function refusedOf({ status, json, header }: ApiResponse): Refused {
  const said = isObject(json) ? json : {};
  const retryAfter = Number(header('retry-after') ?? NaN);
  const [authenticate, requestId] = [header('www-authenticate'), header('x-request-id')];
  return {
    ok: false,
    status,
    code: codeIn(said),
    detail: sentenceIn(said['detail'] ?? said['non_field_errors'] ?? json) ?? `The server answered ${status}.`,
    ...(Number.isFinite(retryAfter) && { retryAfter }),
    ...(authenticate !== null && { authenticate }),
    ...(typeof said['enrollment_token'] === 'string' && { enrollmentToken: said['enrollment_token'] }),
    ...(requestId !== null && { requestId }),
  };
}

function codeIn(said: Readonly<Record<string, unknown>>): string {
  if (typeof said['code'] === 'string') return said['code'];
  if (said['mfa_enrollment_required'] === true) return 'mfa_enrollment_required';
  return 'non_field_errors' in said ? 'invalid_credentials' : 'refused';
}

/** Deux lists errors by the names of members. */
function sentenceIn(said: unknown): string | undefined {
  if (typeof said === 'string') return said;
  if (!isObject(said)) return undefined;
  return sentenceIn(Object.values(said)[0]);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
