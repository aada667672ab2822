import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TOTP, URI } from 'otpauth';
import { minute, second } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member, startServer, type Answer, type Person, type Server } from '../../../../kit/server.ts';
import { nobody } from '../../catalogue.ts';

type Secret = Readonly<Record<string, unknown>> & {
  readonly uid: string;
  readonly type: string;
  readonly enrolled: boolean;
};

const secrets = '/users/me/secrets';
const code = (answer: Answer) => `${answer.status} ${member(answer, 'code')}`;
const secret = ({ json }: Answer) => json as Secret;
const codesOf = ({ json }: Answer) => (json as { codes: string[] }).codes;

const make = (server: Server, { token }: Pick<Person, 'token'>, json: object) =>
  server.call('POST', secrets, { bearer: token, json });
const list = async (server: Server, bearer: string, uid = 'me') =>
  (await server.call('GET', `/users/${uid}/secrets`, { bearer })).json as Secret[];
const works = async (server: Server, bearer: string) =>
  (await server.call('GET', '/users/me', { bearer })).status === 200;

type Pending = { readonly uid: string; readonly seed: string };

async function newApp(server: Server, person: Pick<Person, 'token'>): Promise<Pending> {
  const made = await make(server, person, { type: 'mfa' });
  assert.equal(made.status, 200, made.text);
  return { uid: secret(made).uid, seed: (secret(made).secret as { secret: string }).secret };
}

const enrol = (server: Server, { token }: Pick<Person, 'token'>, uid: string, reply: unknown) =>
  server.call('PUT', `${secrets}/${uid}/enroll`, { bearer: token, json: { token: reply } });

onEachDatabase('secrets', (on) => {
  test('a list, a count and one of them tell of secrets without their values', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    await make(server, ada, { type: 'apikey', description: 'the printer' });
    const app = await server.addApp(ada);
    const all = await list(server, ada.token);
    assert.deepEqual(
      all.map(({ type, enrolled, description }) => [type, enrolled, description]),
      [
        ['password', true, null],
        ['apikey', true, 'the printer'],
        ['mfa', true, null],
      ],
    );
    const members = ['dateCreated', 'dateModified', 'description', 'enrolled', 'type', 'uid', 'userId', 'version'];
    for (const one of all) {
      assert.deepEqual(Object.keys(one).toSorted(), members);
      assert.equal(one.userId, ada.uid);
      assert.deepEqual((await server.call('GET', `${secrets}/${one.uid}`, { bearer: ada.token })).json, one);
    }
    assert.deepEqual((await server.call('GET', `${secrets}/count`, { bearer: ada.token })).json, { count: 3 });
    assert.ok(all.some(({ uid }) => uid === app.secretId));
    // Recovery codes are no secret of their own in this dialect.
    assert.ok(!all.some(({ type }) => type === 'recovery'));
  });

  test('an administrator of the account lists and removes, and never makes, enrols or renews', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const pending = await newApp(server, ada);
    const bearer = server.admin.token;
    const path = `/users/${ada.uid}/secrets`;
    assert.deepEqual(await list(server, bearer, ada.uid), await list(server, ada.token));
    assert.deepEqual((await server.call('GET', `${path}/count`, { bearer })).json, { count: 2 });
    assert.equal((await server.call('GET', `${path}/${pending.uid}`, { bearer })).status, 200);
    const json = { token: server.code(pending) };
    const before = await server.rows();
    for (const [method, at, call] of [
      ['POST', path, { json: { type: 'apikey' } }],
      ['POST', path, { json: { type: 'password', secret: 'chosen by another' } }],
      ['POST', `${path}/codes`, {}],
      ['PUT', `${path}/${pending.uid}/enroll`, { json }],
      ['PUT', `${path}/${pending.uid}`, { json }],
    ] as const) {
      assert.equal(code(await server.call(method, at, { ...call, bearer })), '403 forbidden', `${method} ${at}`);
    }
    assert.deepEqual(await server.rows(), before);
    assert.equal((await server.call('DELETE', `${path}/${pending.uid}`, { bearer })).status, 204);
    assert.deepEqual(
      (await list(server, bearer, ada.uid)).map(({ type }) => type),
      ['password'],
    );
  });

  test("another's secrets are not there", async () => {
    await using server = await startServer({ on });
    const [ada, bob] = [await server.addPerson('ada'), await server.addPerson('bob')];
    const pending = await newApp(server, ada);
    const path = `/users/${ada.uid}/secrets`;
    const json = { token: server.code(pending) };
    for (const [method, at, call] of [
      ['GET', path, {}],
      ['GET', `${path}/count`, {}],
      ['GET', `${path}/${pending.uid}`, {}],
      ['GET', `${secrets}/${pending.uid}`, {}],
      ['POST', path, { json: { type: 'apikey' } }],
      ['POST', `${path}/codes`, {}],
      ['PUT', `${path}/${pending.uid}/enroll`, { json }],
      ['PUT', `${secrets}/${pending.uid}/enroll`, { json }],
      ['DELETE', `${path}/${pending.uid}`, {}],
      ['DELETE', `${secrets}/${pending.uid}`, {}],
    ] as const) {
      assert.equal(
        code(await server.call(method, at, { ...call, bearer: bob.token })),
        '404 not_found',
        `${method} ${at}`,
      );
    }
    assert.equal((await enrol(server, ada, pending.uid, server.code(pending))).status, 200);
  });

  test('a password is changed with the present one, and is never shown', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const other = await server.logIn(ada);
    const set = (more: object) => make(server, ada, { type: 'password', secret: 'ada in the garden', ...more });
    assert.equal(code(await set({})), '400 current_password_required');
    assert.equal(code(await set({ currentPassword: 'not hers at all' })), '400 wrong_current_password');
    const made = await set({ currentPassword: ada.password, description: 'the new one' });
    assert.equal(made.status, 200);
    assert.deepEqual(
      [secret(made).type, secret(made).enrolled, secret(made).description],
      ['password', true, 'the new one'],
    );
    assert.equal('secret' in secret(made), false);
    // One per user: the old one is gone, and every other session with it.
    assert.deepEqual(
      (await list(server, ada.token)).map(({ uid }) => uid),
      [secret(made).uid],
    );
    assert.deepEqual([await works(server, ada.token), await works(server, other)], [true, false]);
    assert.equal((await server.call('GET', '/auth/password', { basic: ['ada', ada.password] })).status, 401);
    assert.ok(await server.logIn({ name: 'ada', password: 'ada in the garden' }));
  });

  test('guessing at the present password is bounded like logging in with it', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const set = (currentPassword: string) =>
      make(server, ada, { type: 'password', secret: 'ada in the garden', currentPassword });
    for (let guess = 0; guess < 5; guess += 1)
      assert.equal(code(await set(`guess ${guess}`)), '400 wrong_current_password');
    const waits = await set(ada.password);
    assert.deepEqual([code(waits), waits.headers.get('retry-after')], ['429 throttled', '30']);
    assert.equal((await server.call('GET', '/auth/password', { basic: ['ada', ada.password] })).status, 429);
    server.clock.tick(30 * second);
    assert.equal((await set(ada.password)).status, 200);
  });

  test('a present password that no password could be is wrong, and not a fault', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    for (const currentPassword of ['', 'a'.repeat(1025), 'é'.repeat(600), '\u0000', '😀'.repeat(9000)]) {
      const answer = await make(server, ada, { type: 'password', secret: 'ada in the garden', currentPassword });
      assert.equal(answer.status, 400, JSON.stringify(currentPassword.slice(0, 9)));
    }
  });

  test('whoever proved a second factor lately changes the password without the present one', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    await server.addApp(ada);
    assert.equal((await make(server, ada, { type: 'password', secret: 'ada in the garden' })).status, 200);
    assert.ok(await server.challenge({ name: 'ada', password: 'ada in the garden' }));
  });

  test('a new password keeps the rules', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada lovelace');
    const before = await server.rows();
    for (const [wrong, said] of [
      ['7 bytes', '400 invalid_request'],
      ['a'.repeat(1025), '400 invalid_request'],
      ['PassWord1', '400 password_too_common'],
      ['ADA LOVELACE', '400 password_is_name'],
      [12_345_678, '400 invalid_request'],
    ] as const) {
      const answer = await make(server, ada, { type: 'password', secret: wrong, currentPassword: ada.password });
      assert.equal(code(answer), said);
    }
    assert.deepEqual((await server.rows()).sessions, before.sessions);
    assert.ok(await server.logIn(ada));
  });

  test('an apikey is made here, shown once, and logs in; there may be any number', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const keys = [];
    for (let made = 0; made < 12; made += 1) keys.push(member(await make(server, ada, { type: 'apikey' }), 'secret'));
    assert.equal(new Set(keys).size, 12);
    for (const key of [keys[0], keys[11]]) {
      assert.match(key ?? '', /^csk_[A-Za-z0-9_-]{43}$/);
      assert.ok(await server.logIn({ name: 'ada', password: key ?? '' }));
    }
    assert.equal((await list(server, ada.token)).length, 13);
  });

  test('a device secret is made by the client, never shown, and logs in; there may be any number', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    for (let made = 0; made < 12; made += 1) {
      const answer = await make(server, ada, { type: 'device', secret: `made by device ${made}` });
      assert.equal(answer.status, 200);
      assert.equal('secret' in secret(answer), false);
    }
    assert.ok(await server.logIn({ name: 'ada', password: 'made by device 0' }));
    assert.ok(await server.logIn({ name: 'ada', password: 'made by device 11' }));
    assert.equal(code(await make(server, ada, { type: 'device', secret: 'too short' })), '400 invalid_request');
    assert.equal(code(await make(server, ada, { type: 'device' })), '400 invalid_request');
  });

  test('an authenticator app comes with a key URI that apps read, and counts only after it is enrolled', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const made = await make(server, ada, { type: 'mfa', description: 'phone' });
    const { otpauth_url, secret: seed } = secret(made).secret as { otpauth_url: string; secret: string };
    assert.deepEqual([secret(made).type, secret(made).enrolled, secret(made).description], ['mfa', false, 'phone']);
    const app = URI.parse(otpauth_url);
    assert.ok(app instanceof TOTP);
    assert.deepEqual(
      [app.issuer, app.label, app.algorithm, app.digits, app.period],
      ['Countersign', 'ada', 'SHA1', 6, 30],
    );
    assert.equal(app.secret.base32, seed);
    assert.match(seed, /^[A-Z2-7]{32}$/);
    // Not active yet: no login asks for it.
    assert.ok(await server.logIn(ada));
    const enrolled = await enrol(server, ada, secret(made).uid, app.generate({ timestamp: server.clock.now() }));
    assert.equal(enrolled.status, 200);
    assert.ok(await server.challenge(ada));
    assert.equal((await list(server, ada.token)).find(({ type }) => type === 'mfa')?.enrolled, true);
  });

  test('a user may have five apps', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    for (let count = 0; count < 5; count += 1) await server.addApp(ada);
    assert.equal(code(await make(server, ada, { type: 'mfa' })), '409 too_many');
  });

  test('ten recovery codes come with the first app, and none with the next', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const { codes } = await server.addApp(ada);
    assert.equal(new Set(codes).size, 10);
    for (const one of codes) assert.match(one, /^[0-9a-hjkmnp-tv-z]{4}(?:-[0-9a-hjkmnp-tv-z]{4}){3}$/);
    assert.deepEqual((await server.addApp(ada)).codes, []);
  });

  for (const path of ['/enroll', '']) {
    test(`PUT …/{secretId}${path} with a wrong code is a 400 and can be tried again`, async () => {
      await using server = await startServer({ on });
      const ada = await server.addPerson('ada');
      const app = await newApp(server, ada);
      const put = (token: unknown) =>
        server.call('PUT', `${secrets}/${app.uid}${path}`, { bearer: ada.token, json: { token } });
      const wrong = await put(server.wrongCode(app));
      assert.equal(code(wrong), '400 invalid_code');
      assert.equal(wrong.headers.get('www-authenticate'), null);
      assert.ok(await server.logIn(ada));
      const right = await put(server.code(app));
      assert.equal(right.status, 200);
      assert.equal(codesOf(right).length, 10);
      assert.ok(await server.challenge(ada));
      assert.equal(code(await put(server.code(app, 1))), '409 already_enrolled');
    });
  }

  test('an enrolment waits ten minutes for its code, and guessing at it is bounded', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const late = await newApp(server, ada);
    server.clock.tick(10 * minute);
    assert.equal(code(await enrol(server, ada, late.uid, server.code(late))), '404 not_found');
    const app = await newApp(server, ada);
    for (let guess = 0; guess < 5; guess += 1) {
      assert.equal(code(await enrol(server, ada, app.uid, server.wrongCode(app))), '400 invalid_code');
    }
    assert.equal(code(await enrol(server, ada, app.uid, server.code(app))), '429 throttled');
    server.clock.tick(30 * second);
    assert.equal((await enrol(server, ada, app.uid, server.code(app))).status, 200);
  });

  test('an enrolment that nobody finishes touches nothing that works', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const app = await server.addApp(ada);
    const pending = await newApp(server, ada);
    assert.equal(code(await enrol(server, ada, pending.uid, server.code(app))), '400 invalid_code');
    assert.ok(await server.logIn(ada, server.code(app)));
    const json = { token: server.code(pending), challenge_token: await server.challenge(ada) };
    assert.equal(code(await server.call('POST', '/auth/totp', { json })), '401 invalid_code');
  });

  test('the code of an enrolment is spent by it', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const app = await newApp(server, ada);
    const used = server.code(app);
    assert.equal((await enrol(server, ada, app.uid, used)).status, 200);
    const json = { token: used, challenge_token: await server.challenge(ada) };
    assert.equal(code(await server.call('POST', '/auth/totp', { json })), '401 invalid_code');
  });

  test('each recovery code works once, however it is typed, and leaves the second factor on', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const { codes } = await server.addApp(ada);
    const typed = [
      codes[0],
      codes[1]?.toUpperCase(),
      codes[2]?.replaceAll('-', ''),
      codes[3]?.replaceAll('-', ' '),
      ` ${codes[4]} `,
      codes[5]?.replaceAll('0', 'O').replaceAll('1', 'l'),
    ];
    for (const one of typed) {
      assert.ok(await server.logIn(ada, one), String(one));
      const json = { token: one, challenge_token: await server.challenge(ada) };
      assert.equal(code(await server.call('POST', '/auth/totp', { json })), '401 invalid_code');
    }
    assert.ok(await server.challenge(ada));
  });

  test('renewing recovery codes makes ten new ones, and the old ones stop working', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const { codes: old } = await server.addApp(ada);
    const renewed = await server.call('POST', `${secrets}/codes`, { bearer: ada.token });
    assert.equal(renewed.status, 200);
    assert.equal(new Set([...old, ...codesOf(renewed)]).size, 20);
    const json = { token: old[0], challenge_token: await server.challenge(ada) };
    assert.equal(code(await server.call('POST', '/auth/totp', { json })), '401 invalid_code');
    assert.ok(await server.logIn(ada, codesOf(renewed)[0]));
  });

  test('nobody has recovery codes for a factor that they have not', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    assert.equal(code(await server.call('POST', `${secrets}/codes`, { bearer: ada.token })), '409 mfa_not_enabled');
  });

  test('recovery codes are made again when the user has none left', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const { codes } = await server.addApp(ada);
    for (const one of codes) await server.logIn(ada, one);
    assert.equal((await server.addApp(ada)).codes.length, 10);
  });

  test('DELETE removes a secret for good', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const made = await make(server, ada, { type: 'apikey' });
    const path = `${secrets}/${secret(made).uid}`;
    const removed = await server.call('DELETE', path, { bearer: ada.token });
    assert.deepEqual([removed.status, removed.text], [204, '']);
    assert.equal((await server.call('GET', path, { bearer: ada.token })).status, 404);
    assert.equal((await server.call('DELETE', path, { bearer: ada.token })).status, 404);
    assert.equal((await server.call('GET', '/auth/password', { basic: ['ada', member(made, 'secret')] })).status, 401);
  });

  test('with the last app the recovery codes go too, and logins ask for no code any more', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const [first, next] = [await server.addApp(ada), await server.addApp(ada)];
    await server.call('DELETE', `${secrets}/${first.secretId}`, { bearer: ada.token });
    assert.ok(await server.logIn(ada, first.codes[0]));
    assert.equal((await server.call('DELETE', `${secrets}/${next.secretId}`, { bearer: ada.token })).status, 204);
    assert.ok(await server.logIn(ada));
    assert.equal((await server.addApp(ada)).codes.length, 10);
  });

  test('a password is replaced by its user, not removed', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const [own] = await list(server, ada.token);
    assert.equal(
      code(await server.call('DELETE', `${secrets}/${own?.uid}`, { bearer: ada.token })),
      '409 password_needed',
    );
  });

  const changes: Readonly<Record<string, (server: Server, ada: Person) => Promise<Answer>>> = {
    'a new apikey': (server, ada) => make(server, ada, { type: 'apikey' }),
    'a new device secret': (server, ada) => make(server, ada, { type: 'device', secret: 'a device made this' }),
    'a new password': (server, ada) =>
      make(server, ada, { type: 'password', secret: 'ada in the garden', currentPassword: ada.password }),
    'an enrolment': async (server, ada) => {
      const app = await newApp(server, ada);
      return enrol(server, ada, app.uid, server.code(app));
    },
  };

  for (const [change, act] of Object.entries(changes)) {
    test(`${change} ends every other session of the user and nobody else's`, async () => {
      await using server = await startServer({ on });
      const [ada, bob] = [await server.addPerson('ada'), await server.addPerson('bob')];
      const other = await server.logIn(ada);
      assert.equal((await act(server, ada)).status, 200);
      const standing = [await works(server, ada.token), await works(server, other), await works(server, bob.token)];
      assert.deepEqual(standing, [true, false, true]);
    });
  }

  const changesWithApp: typeof changes = {
    ...changes,
    'a renewal of the recovery codes': (server, ada) => server.call('POST', `${secrets}/codes`, { bearer: ada.token }),
    'a removal': async (server, ada) => {
      const app = (await list(server, ada.token)).find(({ type }) => type === 'mfa');
      return server.call('DELETE', `${secrets}/${app?.uid}`, { bearer: ada.token });
    },
  };

  for (const [change, act] of Object.entries(changesWithApp)) {
    test(`${change} ends every open challenge of the user`, async () => {
      await using server = await startServer({ on });
      const ada = await server.addPerson('ada');
      const app = await server.addApp(ada);
      const [challenge, other] = [await server.challenge(ada), await server.logIn(ada, app.codes[0])];
      assert.ok((await act(server, ada)).status < 300);
      const json = { token: server.code(app), challenge_token: challenge };
      assert.equal(code(await server.call('POST', '/auth/totp', { json })), '401 invalid_challenge');
      assert.equal(await works(server, other), false);
    });
  }

  test('beginning an enrolment ends nothing', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const other = await server.logIn(ada);
    await newApp(server, ada);
    assert.equal(await works(server, other), true);
  });

  test('completing an enrolment counts as proving that factor in that session', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    await server.addApp(ada);
    const sessions = (await server.call('GET', '/sessions', { bearer: ada.token })).json as {
      acr: string;
      amr: string[];
    }[];
    assert.deepEqual(
      sessions.map(({ acr, amr }) => [acr, ...amr]),
      [['aal2', 'pwd', 'otp', 'mfa']],
    );
    assert.equal((await make(server, ada, { type: 'apikey' })).status, 200);
    server.clock.tick(15 * minute);
    assert.equal((await make(server, ada, { type: 'apikey' })).status, 200);
    server.clock.tick(1);
    assert.equal(code(await make(server, ada, { type: 'apikey' })), '401 insufficient_user_authentication');
  });

  test('a kind of secret that nobody knows, and members that a kind has not, are refused and named', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const before = await server.rows();
    for (const [json, pointer] of [
      [{ type: 'sms' }, '/type'],
      [{ type: 'MFA' }, '/type'],
      [{ type: ['mfa'] }, '/type'],
      [{}, '/type'],
      [{ type: 'mfa', secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' }, '/secret'],
      [{ type: 'apikey', secret: 'csk_chosen' }, '/secret'],
      [{ type: 'mfa', enrolled: true }, '/enrolled'],
      [{ type: 'mfa', userId: nobody }, '/userId'],
      [{ type: 'apikey', currentPassword: ada.password }, '/currentPassword'],
      [{ type: 'mfa', description: '' }, '/description'],
      [{ type: 'mfa', description: 'a\u0000' }, '/description'],
      [{ type: 'mfa', description: 'a'.repeat(129) }, '/description'],
    ] as const) {
      const answer = await make(server, ada, json);
      assert.equal(code(answer), '400 invalid_request', JSON.stringify(json));
      assert.ok(answer.text.includes(`"pointer":"${pointer}"`), answer.text);
    }
    assert.deepEqual(await server.rows(), before);
  });
});
