/**
 * The torture's checker on hand-written histories: each rule about proofs, guesses and changes is broken once, next to histories that only look
 * like it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check } from '../checker/check.ts';
import type { Sent } from '../history.ts';
import { answered, code, enrolled, entered, historyOf, recovery, wrong, type Line, finds, sound } from './history.ts';

test('an ordinary life breaks nothing', () => {
  sound(
    historyOf(
      ...enrolled(),
      entered('c1'),
      answered('c1', code(2), 's2'),
      ['check', { sent: { session: 's2' } }],
      entered('c2'),
      answered('c2', recovery('r1'), 's3'),
      ['password', { sent: { session: 's3', newPassword: 'p2' } }],
      ['check', { sent: { session: 's2' }, outcome: 'refused', status: 401 }],
      ['login', { sent: { password: 'p1' }, outcome: 'refused', status: 401, code: 'invalid_credentials' }],
      entered('c3', 'p2'),
      answered('c3', code(3), 's4'),
      ['end', { sent: { session: 's4', ends: 's3' } }],
      ['check', { sent: { session: 's3' }, outcome: 'refused', status: 401 }],
    ),
  );
});

describe('I1: two factors are two proofs', () => {
  test('a session for a password alone, of a user who enrolled', () => {
    const life = [
      ...enrolled(),
      ['login', { sent: { password: 'p1' }, received: { session: 's2', acr: 'aal1' } }],
    ] as const;
    finds(historyOf(...life), /^I1: a session with one factor for a user with two/);
  });

  test('but not of a user who may have turned it off, in a request without an answer', () => {
    const off = ['off', { sent: { session: 's1' }, outcome: 'unknown' }] as const;
    sound(
      historyOf(...enrolled(), off, ['login', { sent: { password: 'p1' }, received: { session: 's2', acr: 'aal1' } }]),
    );
  });

  test('a session that claims two factors', () => {
    finds(
      historyOf(['login', { sent: {}, received: { session: 's2', acr: 'aal2' } }]),
      /^I1: a session with two factors for one/,
    );
  });

  test('a guess that was right', () => {
    finds(historyOf(...enrolled(), entered('c1'), answered('c1', wrong, 's2')), /^I1: a guess was accepted as a code/);
  });

  test('more second factors in the log than proofs were sent', () => {
    const history = historyOf(
      ['register', { received: { user: 'u1', session: 's1', acr: 'aal1' } }],
      ['answer', { sent: { challenge: 'c1', proof: code(1) }, outcome: 'unknown' }],
    );
    const row = { requestId: null, userId: 'u1', action: 'answer', outcome: 'success' };
    assert.deepEqual(check(history, [row]), []);
    const [found] = check(history, [row, row]);
    assert.match(found?.what ?? '', /sent 1 proofs, and the log has 2/);
  });
});

describe('I2: proofs are used once', () => {
  const twice = (...lines: readonly Line[]) => finds(historyOf(...enrolled(), ...lines), /^I2: accepted 2 times/);

  test('a code over two challenges', () => {
    twice(entered('c1'), entered('c2'), answered('c1', code(2), 's2'), answered('c2', code(2), 's3'));
  });

  test('the code that completed the enrollment', () => {
    twice(entered('c1'), answered('c1', code(1), 's2'));
  });

  test('a challenge with two codes', () => {
    twice(entered('c1'), answered('c1', code(2), 's2'), answered('c1', recovery('r1'), 's3'));
  });

  test('a recovery code', () => {
    twice(entered('c1'), entered('c2'), answered('c1', recovery('r1'), 's2'), answered('c2', recovery('r1'), 's3'));
  });

  test('a refresh token', () => {
    const refresh = ['refresh', { sent: { refresh: 't1' }, received: { session: 's1' } }] as const;
    twice(refresh, refresh);
  });

  test('an assertion', () => {
    const verify = (challenge: string, step: number) =>
      ['verify', { sent: { challenge, proof: code(step) }, received: { assertion: 'j1' } }] as const;
    twice(verify('c1', 2), verify('c2', 3));
  });

  test('an assertion that is redeemed', () => {
    const redeem = ['redeem', { sent: { assertion: 'j1' } }] as const;
    twice(redeem, redeem);
  });

  test('but not a code that came along where none was needed', () => {
    const grant = [
      'grant',
      { sent: { password: 'p1', proof: code(5) }, received: { session: 's2', acr: 'aal1' } },
    ] as const;
    sound(
      historyOf(['register', { sent: { password: 'p1' }, received: { session: 's1', acr: 'aal1' } }], grant, grant),
    );
  });
});

test('I3: an older code after a newer one', () => {
  const life = [
    ...enrolled(),
    entered('c1'),
    entered('c2'),
    answered('c1', code(9), 's2'),
    answered('c2', code(8), 's3'),
  ];
  finds(historyOf(...life), /^I3: the code of step 8 was accepted after one of step 9/);
});

describe('I6: codes answer their own question', () => {
  const sent = (action?: string) => ({ kind: 'email', code: 'e1', ...(action !== undefined && { action }) }) as const;
  const approve = (action: string, proof: Sent['proof']) =>
    ['verify', { sent: { challenge: 'c1', action, ...(proof && { proof }) } }] as const;

  test('a code for an action in a login', () => {
    finds(historyOf(entered('c1'), answered('c1', sent('pay'), 's1')), /^I6: the code for pay was accepted for answer/);
  });

  test('a code for an action at another, and a code of a login at any', () => {
    finds(historyOf(approve('pay more', sent('pay'))), /^I6: the code for pay was accepted for pay more/);
    finds(historyOf(approve('pay', sent())), /^I6: the code for a login was accepted for pay/);
  });

  test('but not one at its own, nor one that was refused', () => {
    const [op, refused] = approve('pay more', sent('pay'));
    sound(historyOf(entered('c1'), answered('c1', sent(), 's1'), [op, { ...refused, outcome: 'refused' }]));
    sound(historyOf(approve('pay', sent('pay'))));
  });
});

describe('I4: guessing is bounded', () => {
  const guess = (start: number) =>
    [
      'answer',
      { start, sent: { challenge: 'c1', proof: wrong }, outcome: 'refused', code: 'invalid_code', status: 401 },
    ] as const;
  const waiting = (start: number) => ['answer', { ...guess(start)[1], code: 'throttled', status: 429 }] as const;
  const times = (count: number, from = 1000) => Array.from({ length: count }, (_, at) => guess(from + at * 20));

  test('a sixth guess at once', () => {
    finds(historyOf(...times(6)), /^I4: 6 replies for totp were checked in 0 s, which require 30 s/);
  });

  test('but not five, those that had to wait, and one after the wait', () => {
    sound(historyOf(...times(5), ...times(5, 2000).map(([, { start }]) => waiting(start)), guess(32_000)));
  });

  test('a seventh before its longer wait is over', () => {
    finds(historyOf(...times(5), guess(32_000), guess(70_000)), /^I4: 7 replies/);
    sound(historyOf(...times(5), guess(32_000), guess(93_000)));
  });

  test('the right code inside the wait', () => {
    finds(
      historyOf(...times(5), ['answer', { start: 5000, sent: { challenge: 'c1', proof: code(1) } }]),
      /^I4: 6 replies/,
    );
  });

  test('guesses at a password, with one that had to wait among them', () => {
    const enter = { sent: { password: 'p9' }, outcome: 'refused', code: 'invalid_credentials', status: 401 } as const;
    const three = Array.from({ length: 3 }, () => ['login', enter] as const);
    const waits = ['password', { sent: {}, outcome: 'refused', code: 'throttled', status: 429 }] as const;
    finds(historyOf(...three, waits, ...three), /^I4: 6 replies for password/);
  });

  test('but not where a success may have come between', () => {
    const between = ['answer', { start: 1500, sent: { challenge: 'c2', proof: code(1) }, outcome: 'unknown' }] as const;
    sound(historyOf(...times(5), between, ...times(5, 40_000)));
  });

  test('nor where a grant had the right password, whether or not its code was right', () => {
    const enter = { sent: { password: 'p9' }, outcome: 'refused', code: 'invalid_credentials', status: 401 } as const;
    const three = Array.from({ length: 3 }, () => ['login', enter] as const);
    const given = { sent: { password: 'p1', proof: code(1) } } as const;
    sound(
      historyOf(...three, ['grant', { ...given, outcome: 'refused', code: 'invalid_grant', status: 400 }], ...three),
    );
    sound(historyOf(...three, ['grant', given], ...three));
    const waits = { ...given, outcome: 'refused', code: 'temporarily_unavailable', status: 429 } as const;
    sound(historyOf(...three, ['grant', waits], ...three));
    // The message with the code has to wait as well.
    sound(historyOf(...three, ['grant', { ...waits, sent: { password: 'p1' } }], ...three));
  });

  test('but not a password that was set, which needs no current password with a second factor', () => {
    const enter = { sent: { password: 'p9' }, outcome: 'refused', code: 'invalid_credentials', status: 401 } as const;
    const five = Array.from({ length: 5 }, () => ['login', enter] as const);
    sound(historyOf(...five, ['password', { sent: { password: 'p1' } }]));
    finds(historyOf(...five, ['login', { sent: { password: 'p1' } }]), /^I4: 6 replies for password/);
  });

  test('a wait may be shorter by the difference of the clocks', () => {
    const history = { ...historyOf(...times(6)), maxSkew: 30_000 };
    sound(history);
    finds({ ...history, maxSkew: 20_000 }, /^I4/);
  });
});

describe('I5: changes need a fresh second factor', () => {
  const quarter = 15 * 60_000;

  test('a session that never proved one', () => {
    const life = [
      ['register', { sent: { password: 'p1' }, received: { session: 's0', acr: 'aal1' } }],
      ['login', { sent: { password: 'p1' }, received: { session: 's1', acr: 'aal1' } }],
      ['confirm', { sent: { session: 's1', app: 'a1', proof: code(1) } }],
      ['begin', { sent: { session: 's0' }, received: { app: 'a2' } }],
    ] as const;
    finds(historyOf(...life), /^I5: begin without the second factor/, /^ended: a session was accepted after its end/);
  });

  test('a session that proved it too long ago', () => {
    const renew = (start: number) => ['renew', { start, sent: { session: 's1' } }] as const;
    sound(historyOf(...enrolled(), renew(quarter)));
    finds(historyOf(...enrolled(), renew(quarter + 1000)), /^I5: renew 15 minutes after the second factor/);
  });
});
