import { z } from 'zod';
import { version } from '../../../base/version.ts';
import { shownToken } from '../../server/credentials.ts';
import { problemOf, type Declined, type ErrorReason } from '../../errors/reasons.ts';
import type { ProblemCode } from '../../problem-codes/index.ts';
import type { Dialect, FieldError, Problem, Reply, UnparsedRequest } from '../../route.ts';

/** Crossbar's envelope: what is asked for stands in `data`, and around it who answered, when and to what. */

const around = {
  timestamp: z.iso.datetime(),
  version: z.string(),
  node: z.string(),
  request_id: z.string(),
  auth_token: z.string().optional(),
};

/** The body of a request: `{"data": …}`. */
export const inData = <Data extends z.ZodType>(data: Data) => z.strictObject({ data });

/** The body of an answer. */
export const envelope = <Data extends z.ZodType>(data: Data) =>
  z.strictObject({ data, revision: z.string().optional(), ...around, status: z.literal('success') });

/** A refusal's body. */
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
  /** The token that the answer hands out; the one that was shown when absent. */
  readonly token?: string;
};

/** An answer. */
export function answered(request: UnparsedRequest, { data, revision, token }: EnvelopeContent, status = 200): Reply {
  const changing = revision === undefined ? {} : { revision: String(revision) };
  const json = { data, ...changing, ...surroundings(request, token), status: 'success' };
  return { status, json, ...(revision !== undefined && { headers: { ETag: `"${revision}"` } }) };
}

/** What is wrong, in the envelope. `data` says more than `message`: a sentence, or one for each member. */
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
      message: crossbarWords[code] ?? code,
      ...surroundings(request),
      status: 'error',
    },
    ...(headers && { headers }),
  };
}

export const crossbar: Dialect = { below: '/v2', formatProblem };

/** Crossbar's words where it has its own. */
export const crossbarWords: Partial<Record<ProblemCode, string>> = {
  not_found: 'bad_identifier',
  invalid_request: 'validation_error',
  revision_mismatch: 'precondition_failed',
};

/** A refusal of the engine, in the envelope. */
export function declined(
  refusal: Declined,
  request: UnparsedRequest,
  otherwise: Partial<Record<ErrorReason, Partial<Problem>>> = {},
): Reply {
  return formatProblem(problemOf(refusal, otherwise), request);
}

/** By the member's name as a client wrote it, without the `data` around all of them. */
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

/** The token of a session is repeated to who showed it, as Crossbar does. What is no session's token is told to nobody. */
function surroundings({ ctx, caller, headers }: UnparsedRequest, token?: string) {
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

/** What `If-Match` says of the revision that a client has read (RFC 9110 section 13.1.1); undefined: any will do. */
export function expectedRevision(headers: Headers): string | undefined {
  const given = headers.get('if-match')?.trim();
  return given === undefined || given === '*' ? undefined : given.replace(/^(?:W\/)?"(.*)"$/, '$1');
}
