import type { ProblemMeanings } from './problem-code.ts';

export const server = {
  internal_error: {
    statuses: [500],
    when: 'An unexpected error occurred in the server. Its log has the cause under the `request_id`.',
    action: 'Tell the operator the `request_id`.',
  },
  not_implemented: {
    statuses: [501],
    when: 'The route exists, but this version does not support the feature.',
    action: 'Use another factor.',
  },
  unavailable: {
    statuses: [503],
    when: 'The server is overloaded, or its database cannot be reached.',
    action: 'Try again after `Retry-After`.',
  },
} as const satisfies ProblemMeanings;
