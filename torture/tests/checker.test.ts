/** The checker of the torture, fed with histories by hand: each promise broken once, and beside it what only looks like it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check } from '../checker/check.ts';
import type { History } from '../history.ts';
import { answered, code, enrolled, entered, historyOf, recovery, wrong, type Line } from './history.ts';

/** The rules that a history breaks, each with what is said of it. */
const broken = (history: History) => check(history, []).map(({ rule, what }) => `${rule.split(' ')[0]}: ${what}`);

const sound = (history: History) => assert.deepEqual(broken(history), []);

function finds(history: History, ...expected: readonly RegExp[]): void {
  const found = broken(history);
  assert.equal(found.length, expected.length, found.join('\n'));
  for (const [at, pattern] of expected.entries()) assert.match(found[at] ?? '', pattern);
}

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
  test('a session for a password alone, of somebody who enrolled', () => {
    const life = [...enrolled(), ['login', { sent: { password: 'p1' }, got: { session: 's2', acr: 'aal1' } }]] as const;
    finds(historyOf(...life), /^I1: a session with one factor for who has two/);
  });

  test('and of somebody who may have turned it off again, for nobody answered', () => {
    const off = ['off', { sent: { session: 's1' }, outcome: 'unknown' }] as const;
    sound(historyOf(...enrolled(), off, ['login', { sent: { password: 'p1' }, got: { session: 's2', acr: 'aal1' } }]));
  });

  test('a session that says of itself that it has two', () => {
    finds(
      historyOf(['login', { sent: {}, got: { session: 's2', acr: 'aal2' } }]),
      /^I1: a session with two factors for one/,
    );
  });

  test('a guess that was right', () => {
    finds(historyOf(...enrolled(), entered('c1'), answered('c1', wrong, 's2')), /^I1: a guess was taken for a code/);
  });

  test('more second factors in the log than proofs were sent', () => {
    const history = historyOf(
      ['register', { got: { user: 'u1', session: 's1', acr: 'aal1' } }],
      ['answer', { sent: { challenge: 'c1', proof: code(1) }, outcome: 'unknown' }],
    );
    const row = { requestId: null, userId: 'u1', action: 'answer', outcome: 'success' };
    assert.deepEqual(check(history, [row]), []);
    const [found] = check(history, [row, row]);
    assert.match(found?.what ?? '', /sent 1 proofs, and the log has 2/);
  });
});

describe('I2: what works once works once', () => {
  const twice = (...lines: readonly Line[]) => finds(historyOf(...enrolled(), ...lines), /^I2: taken 2 times/);

  test('a code over two challenges', () => {
    twice(entered('c1'), entered('c2'), answered('c1', code(2), 's2'), answered('c2', code(2), 's3'));
  });

  test('the code that completed the enrolment', () => {
    twice(entered('c1'), answered('c1', code(1), 's2'));
  });

  test('a challenge with two codes', () => {
    twice(entered('c1'), answered('c1', code(2), 's2'), answered('c1', recovery('r1'), 's3'));
  });

  test('a recovery code', () => {
    twice(entered('c1'), entered('c2'), answered('c1', recovery('r1'), 's2'), answered('c2', recovery('r1'), 's3'));
  });

  test('a refresh token', () => {
    const refresh = ['refresh', { sent: { refresh: 't1' }, got: { session: 's1' } }] as const;
    twice(refresh, refresh);
  });

  test('an assertion', () => {
    const verify = (challenge: string, step: number) =>
      ['verify', { sent: { challenge, proof: code(step) }, got: { assertion: 'j1' } }] as const;
    twice(verify('c1', 2), verify('c2', 3));
  });

  test('but not a code that came along where none was needed', () => {
    const grant = ['grant', { sent: { password: 'p1', proof: code(5) }, got: { session: 's2', acr: 'aal1' } }] as const;
    sound(historyOf(['register', { sent: { password: 'p1' }, got: { session: 's1', acr: 'aal1' } }], grant, grant));
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
  finds(historyOf(...life), /^I3: the code of step 8 was taken after one of step 9/);
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
    finds(historyOf(...times(6)), /^I4: 6 replies for totp were looked at in 0 s, which ask for 30 s/);
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

  test('nor where a grant had the right password, whatever became of its code', () => {
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

  test('but not a password that was set, for which who has a second factor does not show the one before', () => {
    const enter = { sent: { password: 'p9' }, outcome: 'refused', code: 'invalid_credentials', status: 401 } as const;
    const five = Array.from({ length: 5 }, () => ['login', enter] as const);
    sound(historyOf(...five, ['password', { sent: { password: 'p1' } }]));
    finds(historyOf(...five, ['login', { sent: { password: 'p1' } }]), /^I4: 6 replies for password/);
  });

  test('clocks that differ may shorten a wait by as much', () => {
    const history = { ...historyOf(...times(6)), spread: 30_000 };
    sound(history);
    finds({ ...history, spread: 20_000 }, /^I4/);
  });
});

describe('I5: changes need a fresh second factor', () => {
  const quarter = 15 * 60_000;

  test('a session that never proved one', () => {
    const life = [
      ['register', { sent: { password: 'p1' }, got: { session: 's0', acr: 'aal1' } }],
      ['login', { sent: { password: 'p1' }, got: { session: 's1', acr: 'aal1' } }],
      ['confirm', { sent: { session: 's1', app: 'a1', proof: code(1) } }],
      ['begin', { sent: { session: 's0' }, got: { app: 'a2' } }],
    ] as const;
    finds(historyOf(...life), /^I5: begin without the second factor/, /^what: a session was taken after its end/);
  });

  test('a session that proved it too long ago', () => {
    const renew = (start: number) => ['renew', { start, sent: { session: 's1' } }] as const;
    sound(historyOf(...enrolled(), renew(quarter)));
    finds(historyOf(...enrolled(), renew(quarter + 1000)), /^I5: renew 15 minutes after the second factor/);
  });
});

describe('what was acknowledged is kept', () => {
  const set = (outcome: 'ok' | 'unknown') =>
    ['password', { sent: { session: 's1', newPassword: 'p2' }, outcome }] as const;
  const start = ['register', { sent: { password: 'p1' }, got: { session: 's1', acr: 'aal1' } }] as const;
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

  test('what nobody answered may still come true half a minute later, and no more after that', () => {
    const other = (at: number) => ['password', { start: at, sent: { session: 's1', newPassword: 'p3' } }] as const;
    const login = (at: number) => ['login', { start: at, sent: { password: 'p2' } }] as const;
    sound(historyOf(start, set('unknown'), other(20_000), login(21_000)));
    finds(historyOf(start, set('unknown'), other(40_000), login(41_000)), /worked after it had been replaced/);
  });

  test('an app that was enrolled is not listed', () => {
    finds(
      historyOf(...enrolled(), ['list', { sent: { session: 's1' }, got: { apps: [] } }]),
      /that was enrolled is gone/,
    );
    const removed = ['remove', { sent: { session: 's1', app: 'a1' }, outcome: 'unknown' }] as const;
    sound(historyOf(...enrolled(), removed, ['list', { sent: { session: 's1' }, got: { apps: [] } }]));
  });

  test('a session that nobody ended is refused', () => {
    const late = (at: number) =>
      ['check', { start: at, sent: { session: 's1' }, outcome: 'refused', status: 401 }] as const;
    finds(historyOf(start, late(200_000)), /a session is gone that nobody ended/);
    sound(historyOf(start, late(1000), late(45 * 60_000)));
    sound(historyOf(start, ['end', { sent: { ends: 's1' }, outcome: 'unknown' }], late(200_000)));
    const grant = ['grant', { got: { session: 's1', acr: 'aal1', refresh: 't1' } }] as const;
    sound(historyOf(grant, ['refresh', { sent: { refresh: 't1' }, outcome: 'refused' }], late(200_000)));
    sound(
      historyOf(start, ['password', { sent: { session: 's9', newPassword: 'p2' }, outcome: 'unknown' }], late(200_000)),
    );
  });
});

describe('what is over is over', () => {
  const ended = /^what: .* was taken after its end/;

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
    const grant = ['grant', { sent: { proof: code(2) }, got: { session: 's2', acr: 'aal2', refresh: 't1' } }] as const;
    finds(historyOf(...enrolled(), grant, change, ['check', { sent: { session: 's2' } }]), ended);
    finds(historyOf(...enrolled(), grant, change, ['refresh', { sent: { refresh: 't1' } }]), ended);
    finds(historyOf(...enrolled(), entered('c1'), change, answered('c1', code(2), 's3')), ended);
    sound(historyOf(...enrolled(), grant, change, ['check', { sent: { session: 's1' } }]));
  });

  test('recovery codes that were renewed, and an app that was removed', () => {
    const renewed = ['renew', { sent: { session: 's1' }, got: { codes: ['r3'] } }] as const;
    finds(historyOf(...enrolled(), renewed, entered('c1'), answered('c1', recovery('r1'), 's2')), ended);
    sound(historyOf(...enrolled(), renewed, entered('c1'), answered('c1', recovery('r3'), 's2')));
    const removed = ['remove', { sent: { session: 's1', app: 'a1' } }] as const;
    const challenged = ['login', { sent: { password: 'p1' }, got: { challenge: 'c1', apps: ['a2'] } }] as const;
    finds(historyOf(...enrolled(), removed, challenged, answered('c1', code(5), 's2')), ended);
    finds(historyOf(...enrolled(), removed, entered('c1')), /an authenticator that was removed is there again/);
  });

  test('a session goes on although one of its refresh tokens came back', () => {
    const refresh = { sent: { refresh: 't1' }, got: { session: 's1' } } as const;
    const again = (start: number) =>
      ['refresh', { start, sent: { refresh: 't1' }, outcome: 'refused', status: 400 }] as const;
    const life = [
      ['grant', { got: { session: 's1', acr: 'aal1', refresh: 't1' } }],
      ['refresh', refresh],
    ] as const;
    const checked = (start: number) => ['check', { start, sent: { session: 's1' } }] as const;
    finds(historyOf(...life, again(15_000), checked(16_000)), /went on after one of its refresh tokens/);
    sound(historyOf(...life, again(5000), checked(16_000)));
  });
});

describe('I10: the log tells what happened', () => {
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

test('nothing is broken, and what can not be done now says so', () => {
  finds(historyOf(['check', { status: 500, outcome: 'unknown' }]), /^no: answered 500/);
  sound(historyOf(['check', { status: 503, outcome: 'unknown' }]));
});
