import assert from 'node:assert/strict';
import type { Route } from '../src/http/route.ts';

type Hardened = {
  readonly asked: string;
  readonly route: Route | undefined;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
};

const hardening = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Holds for every answer of every part of the server (contract section 1). */
export function assertHardened({ asked, route, status, headers, text }: Hardened, breaks: boolean): void {
  const about = `${asked} answered ${status} ${text}`;
  // A route that is not implemented declares its 501.
  assert.ok(status < 500 || breaks || route?.responses[status], about);
  assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f]{32}$/, about);
  for (const [name, value] of Object.entries(hardening)) assert.equal(headers.get(name), value, about);
  assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/, about);
  assert.equal(headers.get('set-cookie'), null, about);
  // RFC 9110 sections 15.5.2 and 15.5.6; RFC 6585 section 4; RFC 6750 section 3.1.
  const lacksScope = status === 403 && headers.get('www-authenticate')?.startsWith('Bearer error="insufficient_scope"');
  assert.equal(status === 401 || lacksScope === true, headers.has('www-authenticate'), about);
  assert.equal(
    status === 405 || (status === 204 && asked.startsWith('OPTIONS ')),
    headers.has('allow') || headers.has('access-control-allow-methods'),
    about,
  );
  if (status === 429) assert.match(headers.get('retry-after') ?? '', /^[1-9][0-9]*$/, about);
}
