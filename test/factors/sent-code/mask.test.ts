import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mask } from '../../../src/factors/sent-code/mask.ts';

test('a masked phone number shows its last two digits', () => {
  assert.equal(mask('sms', '+12133734253'), '•••53');
});

test('a masked e-mail address shows its first letter and its domain', () => {
  assert.equal(mask('email', 'alice@example.com'), 'a•••@example.com');
  assert.equal(mask('email', 'a@example.com'), 'a•••@example.com');
});
