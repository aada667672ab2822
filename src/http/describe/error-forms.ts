import type { Route } from '../route.ts';

/** A form of errors: the id of its explanation in the page, its name, and the example that shows it. */
export type ErrorForm = { readonly id: string; readonly name: string; readonly example: string };

export const errorForms = {
  problem: { id: 'problem-details', name: 'problem details', example: 'POST /users/{externalId}/factors 400' },
  deux: { id: 'deux-errors', name: "Deux's errors", example: 'PUT /mfa/sms/verify 400' },
  oauth2: { id: 'oauth2-errors', name: 'OAuth 2.0 errors', example: 'POST /mfa/oauth2/token 401' },
  crossbar: { id: 'crossbar-envelope', name: "Crossbar's envelope", example: 'PUT /v2/user_auth 401' },
} as const satisfies Record<string, ErrorForm>;

/** The form of a route's errors. Routes that accept forms are OAuth 2.0's. */
export function errorFormOf({ path, formatProblem, form }: Pick<Route, 'path' | 'formatProblem' | 'form'>): ErrorForm {
  if (!formatProblem) return errorForms.problem;
  if (form) return errorForms.oauth2;
  return path.startsWith('/v2/') ? errorForms.crossbar : errorForms.deux;
}
