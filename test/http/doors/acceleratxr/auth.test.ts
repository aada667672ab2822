import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { hour, minute, second } from '../../../../src/base/clock.ts';
import { insertAccount } from '../../../../src/store/accounts.ts';
import { createApp } from '../../../../src/http/server/app.ts';
import { dialects } from '../../../../src/http/doors/index.ts';
import { createMetrics } from '../../../../src/http/server/metrics.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { noTurns } from '../../../../kit/house.ts';
import { basic, member, startServer, url, type Answer, type App, type Server } from '../../../../kit/server.ts';

const code = (answer: Answer) => `${answer.status} ${member(answer, 'code')}`;
const logIn = (server: Server, ...credentials: readonly [string, string]) =>
  server.call('GET', '/auth/password', { basic: credentials });
const answerWith = (server: Server, challenge: string, token: unknown) =>
  server.call('POST', '/auth/totp', { json: { token, challenge_token: challenge } });

async function secret(server: Server, bearer: string, json: object): Promise<string> {
  const made = await server.call('POST', '/users/me/secrets', { bearer, json });
  assert.equal(made.status, 200, made.text);
  return String((made.json as { secret?: string }).secret);
}

onEachDatabase('the first factor', (on) => {
  test('a password logs in with GET and with POST, by name, id and e-mail address', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('Ada', { email: 'ada@example.org' });
    for (const method of ['GET', 'POST']) {
      for (const login of ['Ada', 'ada', 'ＡＤＡ', ada.uid, 'ada@example.org', 'ADA@Example.ORG']) {
        const answer = await server.call(method, '/auth/password', { basic: [login, ada.password] });
        assert.deepEqual(Object.keys(answer.json as object), ['token'], login);
        const me = await server.call('GET', '/users/me', { bearer: member(answer, 'token') });
        assert.equal(member(me, 'uid'), ada.uid);
      }
    }
  });

  test('an apikey and a device secret log in in the place of the password', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const apikey = await secret(server, ada.token, { type: 'apikey' });
    await secret(server, ada.token, { type: 'device', secret: 'пароль: made by a device' });
    for (const one of [apikey, 'пароль: made by a device', ada.password]) {
      assert.equal((await logIn(server, 'ada', one)).status, 200);
    }
    assert.equal((await logIn(server, 'admin', apikey)).status, 401);
  });

  test('an address that two users have names neither of them', async () => {
    await using server = await startServer({ on });
    const shared = { email: 'home@example.org' };
    const [ada, bob] = [await server.addPerson('ada', shared), await server.addPerson('bob', shared)];
    for (const { password } of [ada, bob]) assert.equal((await logIn(server, shared.email, password)).status, 401);
    for (const { name, password } of [ada, bob]) assert.equal((await logIn(server, name, password)).status, 200);
  });

  test('what can not be Basic is a 401 that asks for it', async () => {
    await using server = await startServer({ on });
    const asks = 'Basic realm="countersign", charset="UTF-8"';
    for (const headers of [
      {},
      { Authorization: 'Basic' },
      { Authorization: `Bearer ${server.admin.token}` },
      { Authorization: 'Basic !' },
    ]) {
      const answer = await server.call('POST', '/auth/password', { headers });
      assert.equal(code(answer), '401 authentication_required');
      assert.equal(answer.headers.get('www-authenticate'), asks);
    }
    const wrong = await logIn(server, 'admin', 'wrong');
    assert.equal(code(wrong), '401 invalid_credentials');
    assert.equal(wrong.headers.get('www-authenticate'), asks);
  });

  test('the account stands in the query, by id or by name; without it the root account is meant', async () => {
    await using server = await startServer({ on, registration: 'open' });
    const { store, clock } = server.countersign.context;
    const root = await store.db.selectFrom('accounts').select('id').executeTakeFirstOrThrow();
    const id = 'b'.repeat(32);
    await insertAccount(store, { id, parentId: root.id, name: 'Other House' }, clock.now());
    const ada = { name: 'ada', password: 'ada in the library' };
    await server.call('POST', '/users', { json: { ...ada, account: id } });
    const there = { basic: [ada.name, ada.password] as const };
    const statusIn = async (query: string) => (await server.call('GET', `/auth/password${query}`, there)).status;
    assert.equal(await statusIn(`?account=${id}`), 200);
    assert.equal(await statusIn('?account=other%20HOUSE'), 200);
    assert.equal(await statusIn(''), 401);
    assert.equal(await statusIn('?account=root'), 401);
    assert.equal(await statusIn(`?account=${root.id}`), 401);
    assert.equal(await statusIn('?account=nowhere'), 401);
    assert.equal(await statusIn(`?account=${'x'.repeat(129)}`), 400);
    assert.equal(await statusIn(`?account=${id}&account=root`), 400);
  });

  test('an access token says who, through what, when and how sure', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    assert.deepEqual({ ...decodeProtectedHeader(ada.token), kid: '' }, { alg: 'EdDSA', typ: 'at+jwt', kid: '' });
    const user = (await server.call('GET', '/users/me', { bearer: ada.token })).json as { accountId: string };
    const [session] = (await server.call('GET', '/sessions', { bearer: ada.token })).json as { sid: string }[];
    const now = server.clock.now() / second;
    assert.deepEqual(decodeJwt(ada.token), {
      iss: url,
      aud: url,
      sub: ada.uid,
      account: user.accountId,
      sid: session?.sid,
      iat: now,
      exp: now + hour / second,
      auth_time: now,
      amr: ['pwd'],
      acr: 'aal1',
    });
  });
});

onEachDatabase('the second factor', (on) => {
  async function adaWithApp(server: Server) {
    const ada = await server.addPerson('ada', {
      email: 'ada@example.org',
      phone: '+14155552671',
      firstName: 'Augusta',
    });
    return { ada, app: await server.addApp(ada) };
  }

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

  test('a backup code is taken in the place of a code', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    const token = await server.logIn(ada, app.codes[3]);
    assert.equal(decodeJwt(token).acr, 'aal2');
  });

  test('a challenge lives for three minutes', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    const [one, other] = [await server.challenge(ada), await server.challenge(ada)];
    server.clock.tick(3 * minute - 1);
    assert.equal((await answerWith(server, one, server.code(app))).status, 200);
    server.clock.tick(1);
    assert.equal(code(await answerWith(server, other, app.codes[0])), '401 invalid_challenge');
  });

  test('a challenge works once', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    const challenge = await server.challenge(ada);
    assert.equal((await answerWith(server, challenge, server.code(app))).status, 200);
    assert.equal(code(await answerWith(server, challenge, app.codes[0])), '401 invalid_challenge');
  });

  test('a wrong code is a 401, and the challenge can be answered again', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    const challenge = await server.challenge(ada);
    const wrong = await answerWith(server, challenge, server.wrongCode(app));
    assert.equal(code(wrong), '401 invalid_code');
    assert.equal((await answerWith(server, challenge, server.code(app))).status, 200);
  });

  test('after five wrong codes a wait begins, in which the right one is refused too, over any challenge', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    for (let guess = 0; guess < 5; guess += 1) {
      assert.equal(
        code(await answerWith(server, await server.challenge(ada), server.wrongCode(app))),
        '401 invalid_code',
      );
    }
    const challenge = await server.challenge(ada);
    const waits = await answerWith(server, challenge, server.code(app));
    assert.deepEqual([code(waits), waits.headers.get('retry-after')], ['429 throttled', '30']);
    server.clock.tick(29 * second);
    assert.equal((await answerWith(server, challenge, server.code(app))).headers.get('retry-after'), '1');
    server.clock.tick(second);
    assert.equal((await answerWith(server, challenge, server.code(app))).status, 200);
  });

  test('who loses a race with the right code is told what anybody with a used code is told', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    const used = await answerWith(server, await server.challenge(ada), server.code(app, -1));
    assert.equal(code(used), '401 invalid_code');
    const { context, routes } = server.countersign;
    const node = createApp({ ...context, turns: noTurns }, { routes, dialects, metrics: createMetrics([]) });
    const challenges = [await server.challenge(ada), await server.challenge(ada), await server.challenge(ada)];
    const responses = await Promise.all(
      challenges.map(async (challenge) => {
        const body = JSON.stringify({ token: server.code(app), challenge_token: challenge });
        const headers = { 'Content-Type': 'application/json' };
        return node.fetch(new Request(`${url}/auth/totp`, { method: 'POST', headers, body }), {});
      }),
    );
    const seen = async ({ status, headers }: Pick<Answer, 'status' | 'headers'>, text: string) =>
      JSON.stringify([status, [...headers], text]).replaceAll(headers.get('x-request-id') ?? '', '');
    const told = await Promise.all(responses.map(async (response) => seen(response, await response.text())));
    assert.deepEqual(
      told.filter((one) => !one.startsWith('[200')),
      Array(2).fill(await seen(used, used.text)),
    );
  });

  test('a code may come with spaces and dashes, or as a number that has lost its zeros', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    const spellings: ((digits: string) => unknown)[] = [
      (digits) => digits,
      (digits) => ` ${digits.slice(0, 3)} ${digits.slice(3)} `,
      (digits) => `${digits.slice(0, 3)}-${digits.slice(3)}`,
      Number,
    ];
    for (const spell of spellings) {
      server.clock.tick(minute);
      const answer = await answerWith(server, await server.challenge(ada), spell(server.code(app)));
      assert.equal(answer.status, 200, String(spell(server.code(app))));
    }
    await untilZero(server, app);
    const digits = server.code(app);
    assert.ok(await server.logIn(ada, Number(digits)), digits);
  });

  test('a number that has lost its zeros and one that has not are the same code', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    await untilZero(server, app);
    const digits = server.code(app);
    assert.ok(await server.logIn(ada, digits));
    assert.equal(code(await answerWith(server, await server.challenge(ada), Number(digits))), '401 invalid_code');
  });

  test('what can not be a code is a 400 and is not counted', async () => {
    await using server = await startServer({ on });
    const { ada, app } = await adaWithApp(server);
    const challenge = await server.challenge(ada);
    const before = await server.rows();
    for (const token of ['12345', '123456789', 'abcdef', '', ' ', '1234567890123456789', -1, 1.5]) {
      assert.equal(code(await answerWith(server, challenge, token)), '400 invalid_request', String(token));
    }
    const text = await server.call('POST', `/auth/totp?jwt_token=${challenge}`, {
      body: '{"token": 021589}',
      headers: { 'Content-Type': 'application/json' },
    });
    assert.equal(code(text), '400 malformed_json');
    assert.match(member(text, 'detail'), /send a code as a string, such as "021589"/);
    assert.deepEqual(await server.rows(), before);
    assert.equal((await answerWith(server, challenge, server.code(app))).status, 200);
  });

  test('is asked for of a device secret and not of an apikey', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const apikey = await secret(server, ada.token, { type: 'apikey' });
    await secret(server, ada.token, { type: 'device', secret: 'made by a device' });
    const app = await server.addApp(ada);
    const keyed = await logIn(server, 'ada', apikey);
    assert.equal(keyed.status, 200);
    const { acr, amr } = decodeJwt(member(keyed, 'token'));
    assert.deepEqual([acr, amr], ['aal1', ['apikey']]);
    const asked = await logIn(server, 'ada', 'made by a device');
    assert.equal(asked.status, 302);
    const answered = await answerWith(server, member(asked, 'challenge_token'), server.code(app));
    assert.deepEqual(decodeJwt(member(answered, 'token')).amr, ['device', 'otp', 'mfa']);
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

/** Lets time go on until the app shows a code with a leading zero. */
async function untilZero(server: Server, app: App): Promise<void> {
  while (!server.code(app).startsWith('0')) server.clock.tick(30 * second);
}
