import { problemOf, type Declined } from '../../errors/reasons.ts';
import type { Dialect, Problem, Reply } from '../../route.ts';

/** Deux's form of errors: one `detail`, or a list of sentences for each field, as in Django REST framework. */
export const required = 'This field is required.';
const unauthenticated = 'Authentication credentials were not provided.';

export function formatProblem({ status, code, detail, errors, headers, more }: Problem): Reply {
  const json = errors
    ? Object.fromEntries(
        errors.map(({ pointer, detail: wrong, missing }) => [fieldOf(pointer), [missing ? required : wrong]]),
      )
    : { detail: code === 'authentication_required' ? unauthenticated : detail, ...more };
  return { status, json, ...(headers && { headers }) };
}

export const deux: Dialect = { below: '/mfa', formatProblem };

const fieldOf = (pointer: string) =>
  pointer.split('/')[1]?.replaceAll('~1', '/').replaceAll('~0', '~') ?? 'non_field_errors';

/** For a refusal without a sentence of its own in this dialect. */
export function declined(refusal: Declined): Reply {
  return formatProblem(problemOf(refusal));
}

export const badRequest = (json: unknown): Reply => ({ status: 400, json });

export const sentences = {
  alreadyEnabled: { detail: ['Two factor authentication is already enabled.'] },
  notEnabled: 'Two factor authentication is not enabled.',
  phoneNumber: { phone_number: ['Please enter a valid phone number.'] },
  email: { email: ['Please enter a valid email address.'] },
} as const;
