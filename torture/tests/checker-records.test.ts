/** The torture's checker on hand-written histories: acknowledged changes, ended credentials, and the log. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check } from '../checker/check.ts';
import { answered, code, enrolled, entered, historyOf, recovery, finds, sound } from './history.ts';

describe('acknowledged changes are kept', () => {
  const set = (outcome: 'ok' | 'unknown') =>
    ['password', { sent: { session: 's1', newPassword: 'p2' }, outcome }] as const;
  const start = ['register', { sent: { password: 'p1' }, received: { session: 's1', acr: 'aal1' } }] as const;
  const refused = { outcome: 'refused', status: 401, code: 'invalid_credentials' } as const;

  test('an old password works', () => {
    finds(
      historyOf(start, set('ok'), ['login', { sent: { password: 'p1' } }]),
      /a password worked after it had been replaced/,
    );
    sound(historyOf(start, set('unknown'), ['login', { sent: { password: 'p1' } }]));
  });

  test('the new password does not', () => {
    finds(
      historyOf(start, set('ok'), ['login', { sent: { password: 'p2' }, ...refused }]),
      /that was set last was refused/,
    );
    sound(historyOf(start, set('unknown'), ['login', { sent: { password: 'p1' }, ...refused }]));
  });

  test('a request without an answer may take effect up to half a minute later', () => {
    const other = (at: number) => ['password', { start: at, sent: { session: 's1', newPassword: 'p3' } }] as const;
    const login = (at: number) => ['login', { start: at, sent: { password: 'p2' } }] as const;
    sound(historyOf(start, set('unknown'), other(20_000), login(21_000)));
    finds(historyOf(start, set('unknown'), other(40_000), login(41_000)), /worked after it had been replaced/);
  });

  test('an app that was enrolled is not listed', () => {
    finds(
      historyOf(...enrolled(), ['list', { sent: { session: 's1' }, received: { apps: [] } }]),
      /an enrolled authenticator is missing/,
    );
    const removed = ['remove', { sent: { session: 's1', app: 'a1' }, outcome: 'unknown' }] as const;
    sound(historyOf(...enrolled(), removed, ['list', { sent: { session: 's1' }, received: { apps: [] } }]));
  });

  test('a session that was not ended is refused', () => {
    const late = (at: number) =>
      ['check', { start: at, sent: { session: 's1' }, outcome: 'refused', status: 401 }] as const;
    finds(historyOf(start, late(200_000)), /a session that was not ended is refused/);
    sound(historyOf(start, late(1000), late(45 * 60_000)));
    sound(historyOf(start, ['end', { sent: { ends: 's1' }, outcome: 'unknown' }], late(200_000)));
    const grant = ['grant', { received: { session: 's1', acr: 'aal1', refresh: 't1' } }] as const;
    sound(historyOf(grant, ['refresh', { sent: { refresh: 't1' }, outcome: 'refused' }], late(200_000)));
    sound(
      historyOf(start, ['password', { sent: { session: 's9', newPassword: 'p2' }, outcome: 'unknown' }], late(200_000)),
    );
  });
});

describe('ended credentials are refused', () => {
  const ended = /^ended: .* was accepted after its end/;

  test('a session after its end', () => {
    const end = ['end', { sent: { session: 's1', ends: 's1' } }] as const;
    finds(historyOf(...enrolled(), end, ['check', { sent: { session: 's1' } }]), ended);
  });

  test('but not a session whose end was going on or was never answered', () => {
    const checked = ['check', { sent: { session: 's1' } }] as const;
    sound(historyOf(...enrolled(), ['end', { sent: { ends: 's1' }, outcome: 'unknown' }], checked));
    sound(historyOf(...enrolled(), ['end', { sent: { ends: 's1' }, start: 300, end: 500 }], checked));
  });

  test('another session, a challenge and its refresh token after a change', () => {
    const change = ['renew', { sent: { session: 's1' } }] as const;
    const grant = [
      'grant',
      { sent: { proof: code(2) }, received: { session: 's2', acr: 'aal2', refresh: 't1' } },
    ] as const;
    finds(historyOf(...enrolled(), grant, change, ['check', { sent: { session: 's2' } }]), ended);
    finds(historyOf(...enrolled(), grant, change, ['refresh', { sent: { refresh: 't1' } }]), ended);
    finds(historyOf(...enrolled(), entered('c1'), change, answered('c1', code(2), 's3')), ended);
    sound(historyOf(...enrolled(), grant, change, ['check', { sent: { session: 's1' } }]));
  });

  test('recovery codes that were renewed, and an app that was removed', () => {
    const renewed = ['renew', { sent: { session: 's1' }, received: { codes: ['r3'] } }] as const;
    finds(historyOf(...enrolled(), renewed, entered('c1'), answered('c1', recovery('r1'), 's2')), ended);
    sound(historyOf(...enrolled(), renewed, entered('c1'), answered('c1', recovery('r3'), 's2')));
    const removed = ['remove', { sent: { session: 's1', app: 'a1' } }] as const;
    const challenged = ['login', { sent: { password: 'p1' }, received: { challenge: 'c1', apps: ['a2'] } }] as const;
    finds(historyOf(...enrolled(), removed, challenged, answered('c1', code(5), 's2')), ended);
    finds(historyOf(...enrolled(), removed, entered('c1')), /a removed authenticator is listed again/);
  });

  test('a session stays valid although one of its refresh tokens was reused', () => {
    const refresh = { sent: { refresh: 't1' }, received: { session: 's1' } } as const;
    const again = (start: number) =>
      ['refresh', { start, sent: { refresh: 't1' }, outcome: 'refused', status: 400 }] as const;
    const life = [
      ['grant', { received: { session: 's1', acr: 'aal1', refresh: 't1' } }],
      ['refresh', refresh],
    ] as const;
    const checked = (start: number) => ['check', { start, sent: { session: 's1' } }] as const;
    finds(historyOf(...life, again(15_000), checked(16_000)), /is valid after one of its refresh tokens was reused/);
    sound(historyOf(...life, again(5000), checked(16_000)));
  });
});

describe('I10: the log is complete', () => {
  const row = { requestId: 'q1', userId: 'u1', action: 'login', outcome: 'success' };
  const login = (outcome: 'ok' | 'refused' | 'unknown') => historyOf(['login', { outcome, requestId: 'q1' }]);

  test('a success without its row', () => {
    assert.equal(check(login('ok'), [])[0]?.what, 'the log has no row of a success');
    assert.deepEqual(check(login('ok'), [row]), []);
    assert.equal(check(login('ok'), [{ ...row, outcome: 'failed' }]).length, 1);
  });

  test('a success that was refused', () => {
    assert.equal(check(login('refused'), [row])[0]?.what, 'the log has a success that was refused');
    assert.deepEqual(check(login('unknown'), [row]), []);
  });
});

test('a 500 is a violation, and a 503 is not', () => {
  finds(historyOf(['check', { status: 500, outcome: 'unknown' }]), /^no: answered 500/);
  sound(historyOf(['check', { status: 503, outcome: 'unknown' }]));
});
