import { z } from 'zod';
import { version } from '../../../base/version.ts';
import { shownToken } from '../../server/credentials.ts';
import { problemOf, type Declined, type ErrorReason } from '../../errors/reasons.ts';
import type { ProblemCode } from '../../problem-codes/index.ts';
import type { Dialect, FieldError, Problem, Reply, UnparsedRequest } from '../../route.ts';

/** Crossbar's envelope: the result is in `data`; around it are the time, the version, the node and the request's id. */

const around = {
  timestamp: z.iso.datetime(),
  version: z.string(),
  node: z.string(),
  request_id: z.string(),
  auth_token: z.string().optional(),
};

/** The body of a request: `{"data": …}`. */
export const inData = <Data extends z.ZodType>(data: Data) => z.strictObject({ data });

/** The body of a successful answer. */
export const envelope = <Data extends z.ZodType>(data: Data) =>
  z.strictObject({ data, revision: z.string().optional(), ...around, status: z.literal('success') });

/** The body of an error. */
export const errorEnvelope = z.strictObject({
  data: z.looseObject({}),
  error: z.string(),
  message: z.string(),
  ...around,
  status: z.literal('error'),
});

type EnvelopeContent = {
  readonly data: unknown;
  readonly revision?: number;
  /** The token that the answer hands out; by default the one in the request. */
  readonly token?: string | undefined;
};

export function answered(request: UnparsedRequest, { data, revision, token }: EnvelopeContent, status = 200): Reply {
  const changing = revision === undefined ? {} : { revision: String(revision) };
  const json = { data, ...changing, ...metadata(request, token), status: 'success' };
  return { status, json, ...(revision !== undefined && { headers: { ETag: `"${revision}"` } }) };
}

/** A problem in the envelope. `data` says more than `message`: a sentence, or one for each member. */
export function formatProblem(
  { status, code, detail, errors, headers, more }: Problem,
  request: UnparsedRequest,
): Reply {
  const data = errors ? byMember(errors) : { message: detail, ...more };
  return {
    status,
    json: {
      data,
      error: String(status),
      message: crossbarMessages[code] ?? code,
      ...metadata(request),
      status: 'error',
    },
    ...(headers && { headers }),
  };
}

export const crossbar: Dialect = { below: '/v2', formatProblem };

/** Crossbar's own names of problem codes. */
export const crossbarMessages: Partial<Record<ProblemCode, string>> = {
  not_found: 'bad_identifier',
  invalid_request: 'validation_error',
  revision_mismatch: 'precondition_failed',
  insufficient_user_authentication: 'invalid_credentials',
};

/** A refusal of the engine, in the envelope. */
export function declined(
  refusal: Declined,
  request: UnparsedRequest,
  otherwise: Partial<Record<ErrorReason, Partial<Problem>>> = {},
): Reply {
  return formatProblem(problemOf(refusal, otherwise), request);
}

/** Errors by the name of the member as the client wrote it, without the `data` around it. */
function byMember(errors: readonly FieldError[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    errors.map(({ pointer, detail, missing }) => [
      memberOf(pointer),
      { [missing ? 'required' : 'invalid']: { message: missing ? 'This member is required.' : detail } },
    ]),
  );
}

function memberOf(pointer: string): string {
  const parts = pointer.split('/').slice(1);
  const inside = parts[0] === 'data' ? parts.slice(1) : parts;
  return inside.length === 0 ? 'data' : inside.join('.').replaceAll('~1', '/').replaceAll('~0', '~');
}

/** The token of a session is repeated to the client that sent it, as Crossbar does. No other token is repeated. */
function metadata({ ctx, caller, headers }: UnparsedRequest, token?: string) {
  const shown = caller && shownToken(headers);
  const auth = token ?? (typeof shown === 'object' ? shown.token : undefined);
  return {
    timestamp: new Date(ctx.clock.now()).toISOString(),
    version,
    node: ctx.node,
    request_id: ctx.client.requestId ?? '',
    ...(auth !== undefined && { auth_token: auth }),
  };
}

/** The revision that `If-Match` expects (RFC 9110 section 13.1.1); undefined accepts any. */
export function expectedRevision(headers: Headers): string | undefined {
  const given = headers.get('if-match')?.trim();
  return given === undefined || given === '*' ? undefined : given.replace(/^(?:W\/)?"(.*)"$/, '$1');
}
