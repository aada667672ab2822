import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reason } from '../../../src/engine/reasons.ts';
import { problem, problemBody } from '../../../src/http/errors/problem.ts';
import { refused } from '../../../src/http/errors/reasons.ts';
import { meaningOf, type ProblemCode } from '../../../src/http/problem-codes/index.ts';

type Told = Reason | 'no_token';

/** What the outside learns of each reason, written once more: a new reason does not compile here either. */
const told = {
  no_token: '401 authentication_required',
  invalid_token: '401 invalid_token',
  unknown_user: '401 invalid_credentials',
  no_authenticator: '401 invalid_credentials',
  wrong: '401 invalid_code',
  replayed: '401 invalid_code',
  invalid_challenge: '401 invalid_challenge',
  step_up_required: '401 insufficient_user_authentication',
  login_too_old: '401 insufficient_user_authentication',
  registration_closed: '401 registration_closed',
  invalid_assertion: '400 invalid_assertion',
  already_redeemed: '409 already_redeemed',
  malformed_reply: '400 invalid_request',
  malformed_input: '400 invalid_request',
  unknown_account: '400 unknown_account',
  invalid_end: '400 invalid_request',
  current_password_required: '401 current_password_required',
  wrong_current_password: '400 wrong_current_password',
  password_too_common: '400 password_too_common',
  password_is_name: '400 password_is_name',
  user_disabled: '403 user_disabled',
  required_by_policy: '409 required_by_policy',
  role_conflict: '400 role_conflict',
  last_administrator: '409 last_administrator',
  unattended: '403 unattended_credential',
  forbidden: '403 forbidden',
  no_service: '403 forbidden',
  not_found: '404 not_found',
  raced: '409 conflict',
  name_taken: '409 name_taken',
  module_disabled: '403 auth_module_disabled',
  no_provider: '401 second_factor_unavailable',
  provider_disabled: '401 second_factor_unavailable',
  provider_misconfigured: '401 second_factor_unavailable',
  provider_unavailable: '401 second_factor_unavailable',
  provider_refused: '401 second_factor_unavailable',
  provider_nonsense: '401 second_factor_unavailable',
  unsuitable_user: '401 second_factor_unavailable',
  mfa_enrollment_required: '403 mfa_enrollment_required',
  unknown_configuration: '400 invalid_request',
  weaker_than_inherited: '400 weaker_than_inherited',
  invalid_settings: '400 invalid_request',
  in_use: '409 in_use',
  too_deep: '409 too_deep',
  below_itself: '409 below_itself',
  revision_mismatch: '412 revision_mismatch',
  too_many: '409 too_many',
  already_confirmed: '409 already_enrolled',
  password_needed: '409 password_needed',
  mfa_not_enabled: '409 mfa_not_enabled',
  throttled: '429 throttled',
  wrong_second_factor: '401 invalid_code',
  send_limited: '429 send_limited',
  no_gateway: '503 cannot_send',
  gateway_failed: '503 cannot_send',
  invalid_destination: '400 invalid_destination',
  not_allowed: '400 invalid_destination',
  invalid_client: '401 invalid_client',
  unauthorized_client: '400 unauthorized_client',
  invalid_scope: '400 invalid_scope',
  invalid_grant: '400 invalid_grant',
  insufficient_scope: '403 insufficient_scope',
} satisfies Record<Told, string>;

const reasons = Object.keys(told) as Told[];

type Said = { readonly status: number; readonly code: ProblemCode; readonly detail: string; readonly type: string };
const said = (response: { json?: unknown }) => response.json as Said;

for (const reason of reasons) {
  test(`${reason} is told as ${told[reason]}`, () => {
    const response = refused({ ok: false, reason });
    const { status, code, type } = said(response);
    assert.equal(`${response.status} ${code}`, told[reason]);
    assert.equal(status, response.status);
    assert.equal(type, `urn:countersign:problem:${code}`);
    assert.equal(meaningOf(code).statuses[0], status);
    assert.equal(response.type, 'application/problem+json');
    assert.ok(problemBody.safeParse({ ...said(response), request_id: 'x' }).success);
    // RFC 9110 section 15.5.2: a 401 says how to do better; RFC 6750 section 3.1: and so does a scope that is missing.
    assert.equal(
      response.status === 401 || code === 'insufficient_scope',
      response.headers?.['WWW-Authenticate'] !== undefined,
    );
  });
}

test('an unknown user and a user without that secret are told alike, and so are a wrong code and a used one', () => {
  assert.deepEqual(refused({ ok: false, reason: 'unknown_user' }), refused({ ok: false, reason: 'no_authenticator' }));
  assert.deepEqual(refused({ ok: false, reason: 'wrong' }), refused({ ok: false, reason: 'replayed' }));
});

test('step-up is asked for as RFC 9470 says', () => {
  assert.equal(
    refused({ ok: false, reason: 'step_up_required' }).headers?.['WWW-Authenticate'],
    'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="900"',
  );
});

test('a refused token is told as RFC 6750 says', () => {
  const { headers } = refused({ ok: false, reason: 'invalid_token' });
  assert.match(headers?.['WWW-Authenticate'] ?? '', /^Bearer .*error="invalid_token"$/);
});

test('when trying again makes sense stands in Retry-After, beside what else the answer carries', () => {
  assert.deepEqual(refused({ ok: false, reason: 'throttled', retryAfter: 30 }).headers, { 'Retry-After': '30' });
  const { headers } = refused({ ok: false, reason: 'wrong', retryAfter: 5 });
  assert.deepEqual(Object.keys(headers ?? {}).toSorted(), ['Retry-After', 'WWW-Authenticate']);
  assert.equal(refused({ ok: false, reason: 'throttled' }).headers, undefined);
});

test('a door may say it in its own dialect, in whole or in part', () => {
  const response = refused(
    { ok: false, reason: 'wrong' },
    { wrong: { status: 400, headers: {} }, raced: { status: 418 } },
  );
  assert.equal(response.status, 400);
  assert.equal(said(response).code, 'invalid_code');
  assert.deepEqual(response.headers, {});
  const other = refused({ ok: false, reason: 'throttled', retryAfter: 1 }, { throttled: { headers: { a: 'b' } } });
  assert.deepEqual(other.headers, { a: 'b', 'Retry-After': '1' });
});

test('members that are not there are left out', () => {
  const response = problem({ status: 400, code: 'conflict', detail: 'b' });
  assert.deepEqual(Object.keys(response.json as object), ['type', 'title', 'status', 'detail', 'code']);
  assert.equal('headers' in response, false);
  const errors = [{ pointer: '/a', detail: 'c', missing: true }];
  assert.deepEqual(
    (problem({ status: 400, code: 'conflict', detail: 'b', errors }).json as { errors?: unknown }).errors,
    [{ pointer: '/a', detail: 'c' }],
  );
});

test('every status has its title, and one that nobody foresaw has one too', () => {
  const title = (status: number) =>
    (problem({ status, code: 'conflict', detail: 'b' }).json as { title: string }).title;
  assert.deepEqual([400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503, 418].map(title), [
    'Bad request',
    'Unauthorized',
    'Forbidden',
    'Not found',
    'Method not allowed',
    'Conflict',
    'Content too large',
    'Unsupported media type',
    'Too many requests',
    'Internal server error',
    'Service unavailable',
    'Error',
  ]);
});
