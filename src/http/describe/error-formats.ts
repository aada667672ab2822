import type { Route } from '../route.ts';

/** A format of errors: the id of its explanation in the page, its name, and the example that shows it. */
export type ErrorFormat = { readonly id: string; readonly name: string; readonly example: string };

export const errorFormats = {
  problem: { id: 'problem-details', name: 'problem details', example: 'POST /users/{externalId}/factors 400' },
  deux: { id: 'deux-errors', name: "Deux's errors", example: 'PUT /mfa/sms/verify 400' },
  oauth2: { id: 'oauth2-errors', name: 'OAuth 2.0 errors', example: 'POST /mfa/oauth2/token 401' },
  crossbar: { id: 'crossbar-envelope', name: "Crossbar's envelope", example: 'PUT /v2/user_auth 401' },
} as const satisfies Record<string, ErrorFormat>;

/** The error format of a route. Only OAuth 2.0 routes take form-encoded bodies. */
export function errorFormatOf({
  path,
  formatProblem,
  form,
}: Pick<Route, 'path' | 'formatProblem' | 'form'>): ErrorFormat {
  if (!formatProblem) return errorFormats.problem;
  if (form) return errorFormats.oauth2;
  return path.startsWith('/v2/') ? errorFormats.crossbar : errorFormats.deux;
}
