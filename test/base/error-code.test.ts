import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errorCode } from '../../src/base/error-code.ts';

const secret = 'hunter2';

describe('what is told of an error', () => {
  test('is its code', () => {
    assert.equal(errorCode(Object.assign(new Error(secret), { code: 'ECONNREFUSED' })), 'ECONNREFUSED');
  });

  test("is the system's code rather than a library's", () => {
    const error = Object.assign(new Error(secret), { code: 'ESOCKET', originalCode: 'CERT_HAS_EXPIRED' });
    assert.equal(errorCode(error), 'CERT_HAS_EXPIRED');
  });

  test('is the first code along its causes', () => {
    const cause = new Error(secret, { cause: Object.assign(new Error(secret), { code: 'ECONNRESET' }) });
    assert.equal(errorCode(new TypeError(secret, { cause })), 'ECONNRESET');
  });

  test('is its class when it has no code', () => {
    assert.equal(errorCode(new TypeError(secret, { cause: secret })), 'TypeError');
    assert.equal(errorCode(new DOMException(secret, 'TimeoutError')), 'TimeoutError');
  });

  test('is never a text, though it stands where a code does', () => {
    for (const code of [secret, `E ${secret}`, '', 'e_secret', 'X'.repeat(100), 23, null, { secret }]) {
      assert.equal(errorCode(Object.assign(new Error(secret), { code })), 'Error');
    }
  });

  test('has an end where causes go round', () => {
    const error = new Error(secret);
    error.cause = error;
    assert.equal(errorCode(error), 'Error');
  });

  test('is nothing when it is no error', () => {
    for (const thrown of [secret, undefined, null, { code: 'ECONNREFUSED' }])
      assert.equal(errorCode(thrown), 'unknown');
  });
});
