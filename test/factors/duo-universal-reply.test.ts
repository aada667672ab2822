import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { duoUniversal } from '../../src/factors/duo/universal.ts';
import { duoSecret, type Tricks } from '../../kit/stand-ins/duo.ts';
import { jwtOf, sign } from '../../kit/hs512.ts';
import { duoContext, endOf } from './duo-help.ts';
import { openScene } from './duo-universal-help.ts';
import { noon, yes } from './help.ts';

const seconds = noon / 1000;

describe('a reply by the Universal Prompt', () => {
  for (const user of ['alice', 'in|valid', 'alice@example.com', 'Größe 漢字 😀']) {
    test(`is accepted from ${user}`, async () => {
      await using scene = await openScene();
      const question = await scene.ask(user);
      const outcome = await scene.check(question, await scene.visit(question), { user });
      assert.equal(endOf(outcome), 'accepted');
    });
  }

  test('is traded once: Duo forgets the code', async () => {
    await using scene = await openScene();
    const question = await scene.ask();
    const reply = await scene.visit(question);
    assert.equal(endOf(await scene.check(question, reply)), 'accepted');
    assert.equal(endOf(await scene.check(question, reply)), 'wrong: Duo does not know the code');
  });

  test('has an identity of its own until its token is over', async () => {
    await using scene = await openScene();
    const questions = [await scene.ask(), await scene.ask()];
    const spent = await Promise.all(
      questions.map(async (question) => yes(await scene.check(question, await scene.visit(question)))),
    );
    assert.equal(new Set(spent.map(({ id }) => id)).size, 2);
    for (const { until } of spent) assert.ok(until >= noon + 300_000);
  });

  test('tells which question it claims to answer', () => {
    assert.equal(duoUniversal.handleOf({ state: 'some state', duo_code: 'code' }), 'some state');
    for (const reply of [undefined, 'some state', {}, { state: 5, duo_code: 'code' }, { state: 'some state' }]) {
      assert.equal(duoUniversal.handleOf(reply), undefined);
    }
  });

  test('is refused with the state of another question, and Duo is not asked', async () => {
    await using scene = await openScene();
    const [first, second] = [await scene.ask(), await scene.ask()];
    const reply = await scene.visit(first);
    assert.equal(endOf(await scene.check(second, reply)), 'wrong: answers another prompt');
    assert.equal(scene.server.seen.filter(({ path }) => path === '/oauth/v1/token').length, 0);
  });

  test('is refused with the code of another question, though its state is right', async () => {
    await using scene = await openScene();
    const [first, second] = [await scene.ask(), await scene.ask()];
    const { duo_code } = await scene.visit(first);
    const outcome = await scene.check(second, { state: second.ask.state, duo_code });
    assert.equal(endOf(outcome), 'wrong: answers another prompt');
  });

  test("is refused with somebody else's code, though its state is right", async () => {
    await using scene = await openScene();
    const [alice, mallory] = [await scene.ask('alice'), await scene.ask('mallory')];
    const { duo_code } = await scene.visit(mallory);
    scene.server.play({ claims: { nonce: (alice.memo as { nonce: string }).nonce } });
    const outcome = await scene.check(alice, { state: alice.ask.state, duo_code });
    assert.equal(endOf(outcome), 'wrong: is about another user');
  });

  test('is refused when the secret key has changed since', async () => {
    await using scene = await openScene();
    const question = await scene.ask();
    const settings = { ...scene.settings, secret_key: 'x'.repeat(40) };
    const outcome = await scene.check(question, await scene.visit(question), { settings });
    assert.equal(endOf(outcome), 'provider_refused: status 400, invalid_client');
  });

  test('is refused, and nothing is thrown or sent, whatever comes', async () => {
    const memo = { state: 'a'.repeat(36), nonce: 'b'.repeat(36), redirect_uri: 'https://login.example.com/duo' };
    await using scene = await openScene();
    await fc.assert(
      fc.asyncProperty(fc.anything(), fc.anything(), async (reply, other) => {
        const right = { state: memo.state, duo_code: 'code' };
        const answered = { user: 'alice', memo, response: reply };
        const asked = { user: 'alice', memo: other, response: right };
        assert.match(endOf(await duoUniversal.check(scene.settings, answered, duoContext())), /^wrong: /);
        assert.match(endOf(await duoUniversal.check(scene.settings, asked, duoContext())), /^wrong: /);
      }),
    );
  });
});

describe('an id token from Duo', () => {
  const none = jwtOf({}, duoSecret, { alg: 'none' }).replace(/[^.]*$/, '');
  const payloadOf = (token: string) => token.split('.')[1] ?? '';
  const nonsense: Record<string, Tricks> = {
    'is signed with another key': { secret: 'x'.repeat(40) },
    'is signed with an empty key': { secret: '' },
    'is signed with HS256': { header: { alg: 'HS256' } },
    'is not signed': { token: (token) => `${none.split('.')[0]}.${payloadOf(token)}.` },
    'names no algorithm': { header: { alg: undefined } },
    'has something critical that we do not know': { header: { crit: ['x'], x: 1 } },
    'is cut short': { token: (token) => token.slice(0, -4) },
    'is in two parts': { token: (token) => token.split('.').slice(0, 2).join('.') },
    'has been changed': {
      token: (token) => token.replace(payloadOf(token), Buffer.from('{"exp":9999999999}').toString('base64url')),
    },
    'is no token': { token: () => 'allow' },
    'is empty': { token: () => '' },
    'has no end of its length': { claims: { padding: 'x'.repeat(20_000) } },
    'is by another issuer': { claims: { iss: 'https://api-01234567.duosecurity.com/oauth/v1/token' } },
    'has no issuer': { claims: { iss: undefined } },
    'is for another client': { claims: { aud: 'DIXXXXXXXXXXXXXXXXXY' } },
    'is for others too': { claims: { aud: ['DIXXXXXXXXXXXXXXXXXX', 'DIXXXXXXXXXXXXXXXXXY'] } },
    'is for nobody': { claims: { aud: undefined } },
    'has expired': { claims: { exp: seconds - 61 } },
    'never expires': { claims: { exp: undefined } },
    'expires in words': { claims: { exp: '9999999999' } },
    'expires after all time': { token: (token) => resign(token, (json) => json.replace(/"exp":\d+/, '"exp":1e400')) },
    'was made at no time': { claims: { iat: undefined } },
    'was made later': { claims: { iat: seconds + 62 } },
    'was made long ago': { claims: { iat: seconds - 400 } },
    'is for later': { claims: { nbf: seconds + 61 } },
    'has no nonce': { claims: { nonce: undefined } },
    'has a nonce that is no text': { claims: { nonce: 5 } },
    'is about nobody': { claims: { preferred_username: undefined } },
    'is about a list of users': { claims: { preferred_username: ['alice'] } },
    'does not say how it went': { claims: { auth_result: undefined } },
    'says how it went in other words': { claims: { auth_result: 'allow' } },
  };
  for (const [what, tricks] of Object.entries(nonsense)) {
    test(`is nonsense when it ${what}`, async () =>
      assert.equal(await endWith(tricks), 'provider_nonsense: the id token is invalid'));
  }

  const wrong: Record<string, [Tricks, string]> = {
    'has another nonce': [{ claims: { nonce: 'b'.repeat(36) } }, 'wrong: answers another prompt'],
    'is about Bob': [{ claims: { preferred_username: 'bob' } }, 'wrong: is about another user'],
    'is about Bob, though its subject is Alice': [
      { claims: { preferred_username: 'bob', sub: 'alice' } },
      'wrong: is about another user',
    ],
    'is about ALICE': [{ claims: { preferred_username: 'ALICE' } }, 'wrong: is about another user'],
    'says deny': [{ claims: { auth_result: { result: 'deny', status: 'deny' } } }, 'wrong: Duo denied the login'],
    'says ALLOW': [{ claims: { auth_result: { result: 'ALLOW' } } }, 'wrong: Duo denied the login'],
  };
  for (const [what, [tricks, end]] of Object.entries(wrong)) {
    test(`lets nobody in when it ${what}`, async () => assert.equal(await endWith(tricks), end));
  }

  const fine: Record<string, Tricks> = {
    'comes from a clock that is a minute behind ours': { claims: { iat: seconds - 59, exp: seconds - 59 } },
    'comes from a clock that is a minute ahead of ours': {
      claims: { iat: seconds + 59, nbf: seconds + 59, exp: seconds + 359 },
    },
    'has claims that we do not know': { claims: { auth_context: null, amr: ['mfa'], x: [1, { y: 2 }] } },
  };
  for (const [what, tricks] of Object.entries(fine)) {
    test(`is taken when it ${what}`, async () => assert.equal(await endWith(tricks), 'accepted'));
  }
});

async function endWith(tricks: Tricks): Promise<string> {
  await using scene = await openScene();
  const question = await scene.ask();
  const reply = await scene.visit(question);
  scene.server.play(tricks);
  return endOf(await scene.check(question, reply));
}

/** A token whose payload is changed as text, and signed again. */
function resign(token: string, change: (json: string) => string): string {
  const payload = change(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  return sign(payload, duoSecret);
}
