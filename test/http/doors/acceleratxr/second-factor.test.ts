import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { basic, member, startServer } from '../../../../kit/server.ts';
import { adaWithApp, answerWith, logIn } from './auth-help.ts';
import { code } from './help.ts';

onEachDatabase('the second factor', (on) => {
  test('is asked for by a redirect whose body says the same', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    for (const method of ['GET', 'POST']) {
      const answer = await server.call(method, '/auth/password', { basic: ['ada', ada.password] });
      assert.equal(answer.status, 302);
      const { challenge_token, ...rest } = answer.json as { challenge_token: string };
      assert.equal(answer.headers.get('location'), `/auth/totp?jwt_token=${challenge_token}`);
      assert.deepEqual(rest, { mfa_required: true, factors: [{ id: app.secretId, type: 'totp', label: null }] });
    }
  });

  test('a challenge token holds nothing about anybody', async () => {
    await using server = await startServer({ on });
    const { ada } = await adaWithApp(server);
    const tokens = [await server.challenge(ada), await server.challenge(ada)];
    assert.equal(new Set(tokens).size, 2);
    for (const token of tokens) assert.match(token, /^[A-Za-z0-9_-]{43}$/);
    const answer = await logIn(server, 'ada', ada.password);
    assert.doesNotMatch(answer.text + answer.headers.get('location'), new RegExp(`ada|Augusta|1415|${ada.uid}`, 'i'));
  });

  test('a client that follows the redirect completes the login there', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    const location = (await logIn(server, 'ada', ada.password)).headers.get('location') ?? '';
    const answer = await server.call('POST', location, { json: { token: server.code(app) } });
    assert.deepEqual(Object.keys(answer.json as object), ['token']);
    const { sub, acr, amr } = decodeJwt(member(answer, 'token'));
    assert.deepEqual([sub, acr, amr], [ada.uid, 'aal2', ['pwd', 'otp', 'mfa']]);
    assert.equal((await server.call('GET', '/users/me', { bearer: member(answer, 'token') })).status, 200);
  });

  test('the challenge token stands in the query or the body, in both when it is the same, and somewhere', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    const [one, other] = [await server.challenge(ada), await server.challenge(ada)];
    const ask = (query: string, json: object) =>
      server.call('POST', `/auth/totp${query}`, { json: { token: server.code(app), ...json } });
    assert.equal(code(await ask('', {})), '400 invalid_request');
    assert.equal(code(await ask(`?jwt_token=${one}`, { challenge_token: other })), '400 invalid_request');
    assert.equal(code(await ask(`?jwt_token=${one}&jwt_token=${one}`, {})), '400 invalid_request');
    assert.equal(code(await ask(`?challenge_token=${one}`, {})), '400 invalid_request');
    assert.equal((await ask(`?jwt_token=${one}`, { challenge_token: one })).status, 200);
  });

  test('any of several apps answers, and none answers for another user', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    const other = await server.addApp(ada);
    const bob = await server.addPerson('bob');
    const his = await server.addApp(bob);
    const asked = await logIn(server, 'ada', ada.password);
    const { factors } = asked.json as { factors: { id: string }[] };
    assert.deepEqual(factors.map(({ id }) => id).toSorted(), [app.secretId, other.secretId].toSorted());
    const challenge = member(asked, 'challenge_token');
    assert.equal(code(await answerWith(server, challenge, server.code(his))), '401 invalid_code');
    assert.equal(code(await answerWith(server, challenge, his.codes[0])), '401 invalid_code');
    assert.equal((await answerWith(server, challenge, server.code(other))).status, 200);
    // Bob's are as good as they were.
    assert.ok(await server.logIn(bob, server.code(his)));
    assert.ok(await server.logIn(bob, his.codes[0]));
  });

  test('Basic and a challenge token in a header are no way to answer', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    const challenge = await server.challenge(ada);
    const json = { token: server.code(app) };
    for (const Authorization of [`Bearer ${challenge}`, basic(challenge, ''), basic('ada', ada.password)]) {
      assert.equal(
        code(await server.call('POST', '/auth/totp', { json, headers: { Authorization } })),
        '400 invalid_request',
      );
    }
  });
});
