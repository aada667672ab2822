import type { ProblemMeanings } from './problem-code.ts';

export const requests = {
  invalid_request: {
    statuses: [400],
    when: 'A member of the body, a parameter of the query, or the request itself is missing or invalid. `errors` names the wrong members where there are any.',
    action: 'Correct what `detail` and `errors` name, and send the request again.',
  },
  malformed_json: {
    statuses: [400],
    when: 'The body is not valid JSON (RFC 8259), is not UTF-8, has a member twice, or is nested deeper than 32 levels.',
    action: 'Send valid JSON. Send codes as strings: a JSON number cannot begin with 0.',
  },
  incomplete_body: {
    statuses: [400],
    when: 'The connection ended before the whole body arrived.',
    action: 'Send the request again.',
  },
  not_found: {
    statuses: [404],
    when: 'There is no such route, or the object does not exist or is not visible to the caller.',
    action: 'Check the path and the ids in it, and that the session belongs to the right account.',
  },
  method_not_allowed: {
    statuses: [405],
    when: 'The path exists, but not with this method.',
    action: 'Use a method that `Allow` lists.',
  },
  origin_not_allowed: {
    statuses: [403],
    when: 'A browser made the request for a page of another origin, which is not listed in `COUNTERSIGN_CORS_ORIGINS`.',
    action: 'If the page is yours, ask the operator to list its origin.',
  },
  request_timeout: {
    statuses: [408],
    when: 'The request did not arrive completely in time.',
    action: 'Send the request again, all of it at once.',
  },
  content_too_large: {
    statuses: [413],
    when: 'The body is larger than 64 KiB, or the extensions of its chunks are larger than 16 KiB.',
    action: 'Send a smaller body.',
  },
  unsupported_media_type: {
    statuses: [415],
    when: 'The body has a content type or a content encoding that the route does not take.',
    action:
      'Send `Content-Type: application/json` without `Content-Encoding`. The OAuth 2.0 token routes also take forms.',
  },
  expectation_failed: {
    statuses: [417],
    when: 'The `Expect` header asks for something other than `100-continue`.',
    action: 'Leave the `Expect` header out.',
  },
  headers_too_large: {
    statuses: [431],
    when: 'The request line and the headers are larger than 16 KiB.',
    action: 'Send fewer or smaller headers.',
  },
} as const satisfies ProblemMeanings;
