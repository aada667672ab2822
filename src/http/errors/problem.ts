import { z } from 'zod';
import { stepUpLife } from '../../engine/proof/fresh-proof.ts';
import type { Problem, Reply } from '../route.ts';

/** For a user who must enroll before they can log in: the token allows the enrollment, which then completes the login. */
export const enrollmentView = z.strictObject({
  mfa_enrollment_required: z.literal(true),
  mfa_type: z.string(),
  enrollment_token: z.string(),
  expires_at: z.iso.datetime(),
});

/** An error in the form of RFC 9457. `code` is a stable word for programs; `request_id` is added when the reply is sent. */
export const problemBody = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    request_id: z.string(),
    errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })).optional(),
    ...enrollmentView.partial().shape,
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457).' });

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  409: 'Conflict',
  412: 'Precondition failed',
  413: 'Content too large',
  415: 'Unsupported media type',
  417: 'Expectation failed',
  429: 'Too many requests',
  431: 'Request header fields too large',
  500: 'Internal server error',
  501: 'Not implemented',
  503: 'Service unavailable',
};

export const titleOf = (status: number) => titles[status] ?? 'Error';

export function problem({ status, code, detail, errors, headers, more }: Problem): Reply {
  const about = { type: problemType(code), title: titleOf(status), status, detail, code };
  const json = { ...about, ...more };
  return {
    status,
    json: errors ? { ...json, errors: errors.map(({ pointer, detail: wrong }) => ({ pointer, detail: wrong })) } : json,
    type: 'application/problem+json',
    ...(headers && { headers }),
  };
}

/** The URL of a code's page, or a URN where the server's URL is not known. */
export const problemType = (code: string, url?: string) =>
  url === undefined ? `urn:countersign:problem:${code}` : `${url.replace(/\/$/, '')}/problems/${code}`;

/** Sets the type of a problem to the URL of its page, once the server's URL is known. */
export function locate<Json extends { readonly code: string }>(json: Json, url: string | undefined): Json {
  return { ...json, type: problemType(json.code, url) };
}

export const bearer = { 'WWW-Authenticate': 'Bearer realm="countersign"' };

/** RFC 9470 section 3: what the session lacks, and how recent the proof must be. */
export const insufficient = (lacks: string) => ({
  'WWW-Authenticate': `Bearer error="insufficient_user_authentication", ${lacks}max_age="${stepUpLife / 1000}"`,
});
