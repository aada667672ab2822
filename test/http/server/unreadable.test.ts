/** What stands for an answer where there is no request. Which bytes lead to which of them: test/cli/hostile-requests.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemBody } from '../../../src/http/errors/problem.ts';
import { refusalOf, unmetExpectation, unreadable } from '../../../src/http/server/unreadable.ts';

test('what Node gives up is told by a status of its own, or is no HTTP', () => {
  const statusOf = (code: string | undefined) => unreadable(code).status;
  assert.equal(statusOf('ERR_HTTP_REQUEST_TIMEOUT'), 408);
  assert.equal(statusOf('HPE_CHUNK_EXTENSIONS_OVERFLOW'), 413);
  assert.equal(statusOf('HPE_HEADER_OVERFLOW'), 431);
  assert.equal(statusOf('HPE_INVALID_METHOD'), 400);
  assert.equal(statusOf(undefined), 400);
});

test('it is a whole answer with a problem in it, hardened like every other, and the last of its connection', () => {
  const [head = '', body = ''] = refusalOf(unmetExpectation, { requestId: 'an id', url: undefined }).split('\r\n\r\n');
  assert.match(head, /^HTTP\/1\.1 417 Expectation Failed\r\n/);
  for (const header of [
    `Content-Length: ${body.length}`,
    'Content-Type: application/problem+json',
    'Connection: close',
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'X-Request-Id: an id',
  ]) {
    assert.ok(head.split('\r\n').includes(header), header);
  }
  const { status, code, type, request_id: requestId } = problemBody.parse(JSON.parse(body));
  assert.deepEqual([status, code, requestId], [417, 'expectation_failed', 'an id']);
  assert.equal(type, 'urn:countersign:problem:expectation_failed');
  const named = refusalOf(unmetExpectation, { requestId: 'an id', url: 'https://a.example' });
  assert.match(named, /"type":"https:\/\/a\.example\/problems\/expectation_failed"/);
});
