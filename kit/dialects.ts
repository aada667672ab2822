import { z } from 'zod';
import { errorEnvelope } from '../src/http/doors/crossbar/envelope.ts';
import { enrollmentView } from '../src/http/errors/problem.ts';

/** OAuth2's errors (RFC 6749 section 5.2) with Deux's `detail`, and those of Django REST framework: one text, or lists of texts by field. */
const oauthMembers = { error: z.string(), error_description: z.string(), detail: z.string() };
const oauthError = z.union([z.strictObject(oauthMembers), enrollmentView.extend(oauthMembers)]);
const deuxError = z.union([
  enrollmentView.extend({ detail: z.string() }),
  z.strictObject({ detail: z.union([z.string(), z.tuple([z.string()])]) }),
  z.strictObject({ backup_code: z.literal('Two factor authentication is not enabled.') }),
  z.record(z.string(), z.array(z.string()).min(1)),
]);

/** Doors whose errors are not problems, including 500 and 404. */
const dialects: readonly (readonly [RegExp, z.ZodType])[] = [
  [/^\/v2(?:\/|$)/, errorEnvelope],
  [/^\/(?:mfa\/oauth2\/token|oauth2\/(?:introspect|revoke))\/?$/, oauthError],
  [/^\/mfa(?:\/|$)/, deuxError],
];

/** The schema of errors at a path; undefined where they are problems (RFC 9457). */
export const dialectAt = (path: string) => dialects.find(([where]) => where.test(path))?.[1];
