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
  /** The header `WWW-Authenticate`, which says what the credential lacks (RFC 9470 for step-up). */
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
  const body = isObject(json) ? json : {};
  const retryAfter = Number(header('retry-after') ?? NaN);
  const [authenticate, requestId] = [header('www-authenticate'), header('x-request-id')];
  return {
    ok: false,
    status,
    code: codeIn(body),
    detail: sentenceIn(body['detail'] ?? body['non_field_errors'] ?? json) ?? `The server answered ${status}.`,
    ...(Number.isFinite(retryAfter) && { retryAfter }),
    ...(authenticate !== null && { authenticate }),
    ...(typeof body['enrollment_token'] === 'string' && { enrollmentToken: body['enrollment_token'] }),
    ...(requestId !== null && { requestId }),
  };
}

function codeIn(body: Readonly<Record<string, unknown>>): string {
  if (typeof body['code'] === 'string') return body['code'];
  if (body['mfa_enrollment_required'] === true) return 'mfa_enrollment_required';
  return 'non_field_errors' in body ? 'invalid_credentials' : 'refused';
}

/** Deux lists errors by the names of members. */
function sentenceIn(body: unknown): string | undefined {
  if (typeof body === 'string') return body;
  if (!isObject(body)) return undefined;
  return sentenceIn(Object.values(body)[0]);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
