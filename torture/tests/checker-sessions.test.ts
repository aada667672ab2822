/** The torture's checker on hand-written histories: generations, scopes, required factors, and people who are disabled. */
import { describe, test } from 'node:test';
import { answered, code, enrolled, entered, historyOf, finds, sound, type Line } from './history.ts';

describe('I7: a step-up and an enrollment begin a generation of their own', () => {
  const verify = (step: number, generation: number, by = 2) =>
    [
      'verify',
      {
        sent: { session: 's1', generation: by, challenge: `c${step}`, proof: code(step) },
        received: { session: 's1', generation, acr: 'aal2' },
      },
    ] as const;

  test('two step-ups got the same', () => {
    sound(historyOf(...enrolled(), verify(2, 3), verify(3, 4)));
    finds(historyOf(...enrolled(), verify(2, 3), verify(3, 3)), /^I7: 2 proofs began one generation/);
  });

  test('a step-up got no later one', () => {
    finds(historyOf(...enrolled(), verify(2, 2)), /^I7: a proof began no later generation/);
  });

  test('I5: a token of an earlier one rests on no later proof', () => {
    const remove = (generation: number) => ['remove', { sent: { session: 's2', generation, app: 'a2' } }] as const;
    const life = [
      ...enrolled(),
      ['login', { sent: { password: 'p1' }, received: { session: 's2', generation: 1, acr: 'aal1' } }],
      [
        'verify',
        {
          sent: { session: 's2', generation: 1, challenge: 'c1', proof: code(2) },
          received: { session: 's2', generation: 2, acr: 'aal2' },
        },
      ],
    ] as const satisfies readonly Line[];
    const withoutFactor = /^I1: a session with one factor/;
    finds(historyOf(...life, remove(2)), withoutFactor);
    finds(historyOf(...life, remove(1)), withoutFactor, /^I5: remove without the second factor/);
  });
});

describe('ended credentials are refused', () => {
  const grant = [
    'grant',
    {
      sent: { password: 'p1', proof: code(2) },
      received: { session: 's2', generation: 1, acr: 'aal2', refresh: 't1', scope: 'mfa' },
    },
  ] as const;
  const verify = [
    'verify',
    {
      sent: { session: 's2', generation: 1, challenge: 'c1', proof: code(3) },
      received: { session: 's2', generation: 2, acr: 'aal2' },
    },
  ] as const;

  test('a refresh token from before a step-up', () => {
    const refresh = ['refresh', { sent: { refresh: 't1' }, received: { session: 's2', scope: 'mfa' } }] as const;
    sound(historyOf(...enrolled(), grant, refresh));
    finds(historyOf(...enrolled(), grant, verify, refresh), /^ended: a refresh token was accepted after its end/);
  });

  test('an earlier generation of the session that made a change', () => {
    const renew = (generation: number) => ['renew', { sent: { session: 's2', generation } }] as const;
    const check = ['check', { sent: { session: 's2', generation: 1 } }] as const;
    sound(historyOf(...enrolled(), grant, verify, check));
    sound(historyOf(...enrolled(), grant, verify, renew(1), check));
    finds(historyOf(...enrolled(), grant, verify, renew(2), check), /^ended: a session was accepted after its end/);
  });
});

describe('I8: clients stay in their scope', () => {
  const grant = (scope: string) =>
    [
      'grant',
      { sent: { password: 'p1', proof: code(2) }, received: { session: 's2', acr: 'aal2', scope, refresh: 't1' } },
    ] as const;
  const list = ['list', { sent: { session: 's2' } }] as const;

  test('a change without the scope', () => {
    sound(historyOf(...enrolled(), grant('mfa'), list));
    finds(historyOf(...enrolled(), grant(''), list), /^I8: list without the scope mfa/);
    sound(historyOf(...enrolled(), grant(''), ['check', { sent: { session: 's2' } }]));
  });

  test('a refresh that widens it', () => {
    const refresh = ['refresh', { sent: { refresh: 't1' }, received: { session: 's2', scope: 'mfa' } }] as const;
    sound(historyOf(...enrolled(), grant('mfa'), refresh));
    finds(historyOf(...enrolled(), grant(''), refresh), /^I8: a refresh granted mfa/);
  });
});

describe('I9: required factors stay', () => {
  const made = ['register', { sent: { password: 'p1', requiresApp: true }, received: { user: 'u1' } }] as const;
  const confirm = (app: string, step: number, session = 's1') =>
    ['confirm', { sent: { session, app, proof: code(step, app) }, received: { session: 's1', acr: 'aal2' } }] as const;
  const remove = (app: string) => ['remove', { sent: { session: 's1', app } }] as const;

  test('a session without one', () => {
    const login = ['login', { sent: { password: 'p1' }, received: { session: 's1', acr: 'aal1' } }] as const;
    finds(historyOf(made, login), /^I9: a session without the required factor/);
    sound(
      historyOf(made, ['login', { sent: { password: 'p1' }, outcome: 'refused', code: 'mfa_enrollment_required' }]),
    );
  });

  test('the last one is removed, at once with others or alone', () => {
    sound(historyOf(made, confirm('a1', 1, ''), confirm('a2', 2), remove('a1')));
    finds(historyOf(made, confirm('a1', 1, ''), remove('a1')), /^I9: the last required factor was removed/);
    const [op, second] = remove('a2');
    const lines = [
      made,
      confirm('a1', 1, ''),
      confirm('a2', 2),
      remove('a1'),
      [op, { ...second, start: 301 }],
    ] as const;
    finds(historyOf(...lines), /^I9/, /^I9/);
  });

  test('they are turned off', () => {
    finds(
      historyOf(made, confirm('a1', 1, ''), ['off', { sent: { session: 's1' } }]),
      /^I9: the required factor was turned/,
    );
  });
});

describe('I11: disabled people are refused', () => {
  const [disable, enable] = [['disable', {}] as const, ['enable', {}] as const];
  const login = entered('c1');

  test('a login, while the person is certainly disabled', () => {
    finds(historyOf(...enrolled(), disable, login, enable), /^I11: login was accepted/);
    sound(historyOf(...enrolled(), disable, enable, login));
    sound(historyOf(...enrolled(), ['disable', { outcome: 'unknown' }], login, enable));
  });

  test('a session and a challenge from before, after the person is enabled again', () => {
    const check = ['check', { sent: { session: 's1' } }] as const;
    finds(historyOf(...enrolled(), disable, enable, check), /^ended: a session was accepted after its end/);
    const after = answered('c1', code(2), 's2');
    finds(historyOf(...enrolled(), login, disable, enable, after), /^ended: a challenge was accepted after its end/);
  });

  test('I4: but a code that was accepted while the person was being disabled has reset the count', () => {
    const wrong = { kind: 'wrong', of: 'totp' } as const;
    const guess = (start: number) =>
      [
        'answer',
        { start, sent: { challenge: 'c1', proof: wrong }, outcome: 'refused', code: 'invalid_code', status: 401 },
      ] as const;
    const guesses = (from: number) => Array.from({ length: 5 }, (_, at) => guess(from + at * 20));
    const off = ['disable', { start: 40_000, end: 40_020 }] as const;
    const accepted = ['answer', { start: 40_005, sent: { challenge: 'c2', proof: code(9) } }] as const;
    const on = ['enable', { start: 40_100 }] as const;
    sound(historyOf(...guesses(1000), off, accepted, on, ...guesses(40_200)));
    finds(historyOf(...guesses(1000), off, on, ...guesses(40_200)), /^I4: \d+ replies/);
  });

  test('but a right password may be refused then, and sessions too', () => {
    const refused = { outcome: 'refused', status: 401, code: 'invalid_credentials' } as const;
    sound(historyOf(...enrolled(), disable, ['login', { sent: { password: 'p1' }, ...refused }], enable));
    sound(
      historyOf(...enrolled(), disable, enable, ['check', { start: 200_000, sent: { session: 's1' }, ...refused }]),
    );
  });
});
