import type { ProblemMeanings } from './problem-code.ts';

export const oauth2 = {
  invalid_grant: {
    statuses: [400],
    when: 'The name, the secret or the code is wrong, or the refresh token is expired, used, revoked or belongs to another client.',
    action: 'Let the user log in again.',
  },
  insufficient_scope: {
    statuses: [403],
    when: 'The access token was issued to an OAuth2 client, and its scope does not permit the operation (RFC 6750). `WWW-Authenticate` names the scope, unless the operation is closed to clients.',
    action: 'Ask for a token with the scope, or log in without the client.',
  },
  invalid_scope: {
    statuses: [400],
    when: 'The client, which was registered without `scopes`, asks for words that its `scope` does not have. A client with `scopes` gets those that it may have, and the response says which.',
    action: 'Ask for a scope that the client is registered for.',
  },
  unauthorized_client: {
    statuses: [400],
    when: 'The client is not registered for this grant type.',
    action: 'Use another grant type, or have an administrator permit it.',
  },
  unsupported_grant_type: {
    statuses: [400],
    when: 'The grant type is neither `password` nor `refresh_token`.',
    action: 'Use one of these two.',
  },
  temporarily_unavailable: {
    statuses: [429, 400, 503],
    when: 'A token route has too many failed attempts (429), could not send a code (400), or cannot reach its database (503).',
    action: 'Try again later; wait as long as `Retry-After` says if it is there.',
  },
  invalid_client: {
    statuses: [401],
    when: 'The client is unknown, or its secret is missing or wrong.',
    action: 'Check the id and the secret of the client. Send them with HTTP Basic or in the body, not both.',
  },
} as const satisfies ProblemMeanings;
