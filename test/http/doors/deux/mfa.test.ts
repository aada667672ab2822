/** Contract section 2, sentence by sentence: how it stands, enabling, disabling and the backup code. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../../../src/base/clock.ts';
import { declined, type Gateway } from '../../../../src/messages/message.ts';
import { asksForSession } from '../../catalogue.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member, startServer, type Answer, type Person, type Server } from '../../../../kit/server.ts';

const phone = '+12133734253';
const other = '+14155552671';

const noSession = { detail: 'Authentication credentials were not provided.' };
const alreadyEnabled = { detail: ['Two factor authentication is already enabled.'] };
const wrongCode = { mfa_code: ['Please enter a valid code.'] };
const notEnabled = 'Two factor authentication is not enabled.';
const rfc9470 = 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="900"';

function assertSays(answer: Answer, status: number, json: unknown): void {
  assert.deepEqual([answer.status, answer.json], [status, json], answer.asked);
}

/** The code of the newest message. */
const newest = ({ sent }: Server) => sent.at(-1)?.code ?? assert.fail('no code was sent');

/** Another code than a right one. */
const not = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

const put = (server: Server, { token: bearer }: Pick<Person, 'token'>, path: string, json: unknown = {}) =>
  server.call('PUT', `/mfa/${path}`, { bearer, json });

/** Ada, with codes by text message, proven in her session. */
async function withSms(server: Server): Promise<Person> {
  const ada = await server.addPerson('ada', { email: 'ada@example.org' });
  assert.equal((await put(server, ada, 'sms/request/', { phone_number: phone })).status, 200);
  assert.equal((await put(server, ada, 'sms/verify/', { mfa_code: newest(server) })).status, 200);
  return ada;
}

const logIn = (server: Server, { name, password }: Person, more: object = {}) =>
  server.call('POST', '/mfa/authtoken/login/', { json: { username: name, password, ...more } });

const failing = (reason: 'gateway_failed' | 'invalid_destination' | 'not_allowed'): Gateway => ({
  name: 'failing',
  channels: ['sms', 'email'],
  send: async () => declined(reason, 'as the test wants it'),
});

onEachDatabase('/mfa', (on) => {
  test('without a session every route answers 401 and the sentence, with and without a slash', async () => {
    await using server = await startServer({ on });
    const routes = server.countersign.routes.filter(
      (route) => /^\/mfa(?:\/|$)/.test(route.path) && asksForSession(route),
    );
    assert.equal(routes.length, 11);
    for (const { method, path } of routes) {
      for (const slash of ['', '/']) {
        const answer = await server.call(method.toUpperCase(), path + slash);
        assertSays(answer, 401, noSession);
        assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer /);
      }
    }
  });

  test('a token that is none gets 401 with a detail', async () => {
    await using server = await startServer({ on });
    const answer = await server.call('GET', '/mfa/', { bearer: 'x.y.z' });
    assert.equal(answer.status, 401);
    assert.match(member(answer, 'detail'), /not valid/);
  });

  test('it is off at first, and a pending enrolment does not turn it on', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const ask = (path: string) => server.call('GET', path, { bearer: ada.token });
    for (const path of ['/mfa', '/mfa/']) assertSays(await ask(path), 200, { enabled: false });
    assert.equal((await put(server, ada, 'sms/request/', { phone_number: phone })).status, 200);
    assertSays(await ask('/mfa/'), 200, { enabled: false });
  });

  test('codes by text message are enabled in two steps, and the status tells how it stands', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const asked = await put(server, ada, 'sms/request/', { phone_number: '2133734253' });
    assertSays(asked, 200, { enabled: false, phone_number: phone });
    assert.deepEqual(
      server.sent.map(({ channel, to }) => [channel, to]),
      [['sms', phone]],
    );
    const verified = await put(server, ada, 'sms/verify/', { mfa_code: newest(server) });
    const { factors, ...rest } = verified.json as { factors: Record<string, unknown>[] };
    assert.deepEqual([verified.status, rest], [200, { enabled: true, challenge_type: 'sms', phone_number: phone }]);
    assert.equal(factors.length, 1);
    const [factor] = factors;
    assert.deepEqual(Object.keys(factor ?? {}).toSorted(), [
      'created_at',
      'hint',
      'id',
      'label',
      'last_used_at',
      'type',
    ]);
    assert.equal(factor?.['type'], 'sms');
    assert.match(String(factor?.['hint']), /53$/);
    assert.ok(!String(factor?.['hint']).includes('3734'));
    assertSays(await server.call('GET', '/mfa/', { bearer: ada.token }), 200, verified.json);
  });

  test('codes are as long as the operator says, and may be typed or sent as a number', async () => {
    for (const codeDigits of [6, 7, 8]) {
      await using server = await startServer({ on, codeDigits });
      const ada = await withSms(server);
      assert.match(newest(server), new RegExp(`^[0-9]{${codeDigits}}$`));
      server.clock.tick(minute);
      await logIn(server, ada);
      assert.equal((await logIn(server, ada, { mfa_code: Number(newest(server)) })).status, 200);
    }
  });

  test('codes come in the language that a browser names first, and in English where it names none', async () => {
    const texts = [{ language: 'de', text: 'sms_code', body: 'Dein Code: {code}' } as const];
    await using server = await startServer({ on, texts });
    const bodyFor = async (accepted: string) => {
      const person = await server.addPerson(`person ${server.sent.length}`);
      const headers = { 'accept-language': accepted };
      const json = { phone_number: phone };
      await server.call('PUT', '/mfa/sms/request/', { bearer: person.token, json, headers });
      server.clock.tick(minute);
      return server.sent.at(-1)?.body ?? assert.fail('nothing was sent');
    };
    for (const german of ['de', 'de-CH,de;q=0.9', ' de ;q=1']) assert.match(await bodyFor(german), /^Dein Code/);
    for (const english of ['en-GB,de;q=0.9', '*', 'de_DE', 'x'.repeat(500), ',']) {
      assert.match(await bodyFor(english), /is your code for/);
    }
  });

  test('codes by e-mail go to the address that is given, or else to the user’s own', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada', { email: 'ada@example.org' });
    assertSays(await put(server, ada, 'email/request/', { email: 'other@example.org' }), 200, {
      enabled: false,
      email: 'other@example.org',
    });
    assertSays(await put(server, ada, 'email/request/'), 200, { enabled: false, email: 'ada@example.org' });
    assert.deepEqual(
      server.sent.map(({ to }) => to),
      ['other@example.org', 'ada@example.org'],
    );
    const verified = await put(server, ada, 'email/verify/', { mfa_code: newest(server) });
    assert.equal(verified.status, 200);
    assert.deepEqual(
      { ...(verified.json as object), factors: [] },
      { enabled: true, challenge_type: 'email', factors: [] },
    );
    assertSays(await put(server, ada, 'email/request/'), 400, alreadyEnabled);
    assertSays(await put(server, ada, 'email/request/', { email: 'x' }), 400, alreadyEnabled);
    const bob = await server.addPerson('bob');
    assertSays(await put(server, bob, 'email/request/'), 400, { email: ['This field is required.'] });
    for (const email of ['', 'bob', 'bob@', 'bob@example.org\u0000', 'a@b, c@d.example'])
      assertSays(await put(server, bob, 'email/request/', { email }), 400, {
        email: ['Please enter a valid email address.'],
      });
  });

  test('an app gets its secret, its URL and a picture of it, once', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const asked = await put(server, ada, 'totp/request/', { label: 'a phone' });
    assert.equal(asked.status, 200);
    const { enabled, secret, otpauth_url, qr } = asked.json as Readonly<Record<string, string>>;
    assert.equal(enabled, false);
    assert.match(secret ?? '', /^[A-Z2-7]{32}$/);
    assert.ok(otpauth_url?.startsWith('otpauth://totp/') && otpauth_url.includes(`secret=${secret}`));
    const [type, picture = ''] = (qr ?? '').split(',');
    assert.equal(type, 'data:image/svg+xml;base64');
    assert.match(Buffer.from(picture, 'base64').toString(), /^<svg .*<\/svg>$/s);
    const app = { seed: secret ?? '' };
    assertSays(await put(server, ada, 'totp/verify/', { mfa_code: server.wrongCode(app) }), 400, wrongCode);
    const verified = await put(server, ada, 'totp/verify/', { mfa_code: server.code(app) });
    assert.equal(verified.status, 200, verified.text);
    assert.equal(member(verified, 'challenge_type'), 'totp');
    const [factor] = (verified.json as { factors: { label: string; hint?: string }[] }).factors;
    assert.deepEqual([factor?.label, factor?.hint], ['a phone', undefined]);
    assertSays(await put(server, ada, 'totp/request/'), 400, alreadyEnabled);
    assertSays(await put(server, ada, 'totp/verify/', { mfa_code: '123456' }), 400, alreadyEnabled);
  });

  test('a label that holds what nobody can see is refused', async () => {
    await using server = await startServer({ on });
    for (const label of ['', ' ', 'a\u0000b', '\u200b', 'x'.repeat(129)]) {
      const answer = await put(server, server.admin, 'totp/request', { label });
      assert.equal(answer.status, 400, JSON.stringify(label));
      assert.deepEqual(Object.keys(answer.json as object), ['label']);
    }
  });

  test('a number that is missing or none is told in its field, and nothing is sent', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    assertSays(await put(server, ada, 'sms/request/'), 400, { phone_number: ['This field is required.'] });
    for (const number of [
      '',
      'x',
      '123456',
      '1234567890123456',
      '+1',
      '+12133734253x',
      '+999123456789',
      '２１３３７３４２５３x',
    ])
      assertSays(await put(server, ada, 'sms/request/', { phone_number: number }), 400, {
        phone_number: ['Please enter a valid phone number.'],
      });
    const unknown = await put(server, ada, 'sms/request/', { phone_number: phone, extra: 1 });
    assertSays(unknown, 400, { extra: ['is not a member of this'] });
    assert.equal((await put(server, ada, 'sms/request/', { phone_number: 2_133_734_253 })).status, 400);
    assert.deepEqual(server.sent, []);
  });

  test('what is enabled already is told so, at the request and at the verification', async () => {
    await using server = await startServer({ on });
    const ada = await withSms(server);
    assertSays(await put(server, ada, 'sms/request/', { phone_number: other }), 400, alreadyEnabled);
    assertSays(await put(server, ada, 'sms/request/', { phone_number: 'x' }), 400, alreadyEnabled);
    assertSays(await put(server, ada, 'sms/verify/', { mfa_code: '123456' }), 400, alreadyEnabled);
  });

  for (const [what, gateways] of [
    ['the gateway fails', [failing('gateway_failed')]],
    ['none is set up', []],
  ] as const) {
    test(`when ${what} the message failed to send, and no code is waiting`, async () => {
      await using server = await startServer({ on, gateways });
      const ada = await server.addPerson('ada', { email: 'ada@example.org' });
      assertSays(await put(server, ada, 'sms/request/', { phone_number: phone }), 400, {
        detail: 'SMS failed to send.',
      });
      assertSays(await put(server, ada, 'email/request/'), 400, { detail: 'Email failed to send.' });
      assertSays(await put(server, ada, 'sms/verify/', { mfa_code: '123456' }), 400, wrongCode);
      assert.ok((await server.rows())['authenticators']?.every((row) => !/"(?:sms|email)"/.test(row)));
    });
  }

  for (const reason of ['invalid_destination', 'not_allowed'] as const) {
    test(`a number at which the gateway says ${reason} is no valid one`, async () => {
      await using server = await startServer({ on, gateways: [failing(reason)] });
      assertSays(await put(server, server.admin, 'sms/request/', { phone_number: phone }), 400, {
        phone_number: ['Please enter a valid phone number.'],
      });
    });
  }

  test('a code may come as a text with spaces and dashes or as a number, and wrong ones are told so', async () => {
    await using server = await startServer({ on });
    for (const form of [
      (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)} `,
      (code: string) => code.split('').join('-'),
      Number,
    ]) {
      const person = await server.addPerson(`person ${String(form)}`.slice(0, 60));
      assert.equal((await put(server, person, 'sms/request/', { phone_number: phone })).status, 200);
      const code = newest(server);
      for (const wrong of [not(code), 'x', '', '12345', code.slice(1)])
        assertSays(await put(server, person, 'sms/verify/', { mfa_code: wrong }), 400, wrongCode);
      assertSays(await put(server, person, 'sms/verify/'), 400, { mfa_code: ['This field is required.'] });
      assert.equal((await put(server, person, 'sms/verify', { mfa_code: form(code) })).status, 200);
      server.clock.tick(30 * second);
    }
  });

  test('a number with leading zeros that JSON took away is the code all the same', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    let code = '';
    // One code in ten begins with a zero.
    while (!code.startsWith('0')) {
      // One user sends three codes a day to a number.
      server.clock.tick(24 * 60 * minute);
      const token = (await server.logIn(ada)) || assert.fail();
      assert.equal((await put(server, { token }, 'sms/request/', { phone_number: phone })).status, 200);
      code = newest(server);
      if (code.startsWith('0'))
        assert.equal((await put(server, { token }, 'sms/verify/', { mfa_code: Number(code) })).status, 200);
    }
  });

  test('a new request takes the place of the one before: a code that went to one number never enables another', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    await put(server, ada, 'sms/request/', { phone_number: phone });
    const first = newest(server);
    await put(server, ada, 'sms/request/', { phone_number: other });
    const latter = newest(server);
    assert.notEqual(first, latter);
    assertSays(await put(server, ada, 'sms/verify/', { mfa_code: first }), 400, wrongCode);
    const verified = await put(server, ada, 'sms/verify/', { mfa_code: latter });
    assert.equal(member(verified, 'phone_number'), other);
  });

  test('a verification without a request, after its end, or with somebody else’s code is a wrong code', async () => {
    await using server = await startServer({ on });
    const [ada, bob] = [await server.addPerson('ada'), await server.addPerson('bob')];
    assertSays(await put(server, ada, 'sms/verify/', { mfa_code: '123456' }), 400, wrongCode);
    await put(server, bob, 'sms/request/', { phone_number: phone });
    const his = newest(server);
    await put(server, ada, 'sms/request/', { phone_number: other });
    const hers = newest(server);
    assertSays(await put(server, ada, 'sms/verify/', { mfa_code: his }), 400, wrongCode);
    assertSays(await put(server, ada, 'email/verify/', { mfa_code: hers }), 400, wrongCode);
    server.clock.tick(5 * minute);
    assertSays(await put(server, ada, 'sms/verify/', { mfa_code: hers }), 400, wrongCode);
  });

  test('a destination gets one message in 30 seconds: 429, a detail and Retry-After', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    await put(server, ada, 'sms/request/', { phone_number: phone });
    server.clock.tick(second);
    const early = await put(server, ada, 'sms/request/', { phone_number: phone });
    assert.equal(early.status, 429);
    assert.deepEqual(Object.keys(early.json as object), ['detail']);
    assert.equal(early.headers.get('retry-after'), '29');
    // The code that was sent still works.
    assert.equal((await put(server, ada, 'sms/verify/', { mfa_code: newest(server) })).status, 200);
  });

  test('after five wrong codes verifying waits: 429, a detail and Retry-After', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    await put(server, ada, 'sms/request/', { phone_number: phone });
    const code = newest(server);
    for (let guess = 0; guess < 5; guess += 1)
      assertSays(await put(server, ada, 'sms/verify/', { mfa_code: not(code) }), 400, wrongCode);
    const waiting = await put(server, ada, 'sms/verify/', { mfa_code: code });
    assert.equal(waiting.status, 429);
    assert.deepEqual(Object.keys(waiting.json as object), ['detail']);
    assert.equal(waiting.headers.get('retry-after'), '30');
  });

  test('enrolling here makes no recovery codes, and proves the factor in this session alone', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const before = await server.logIn(ada);
    await put(server, ada, 'sms/request/', { phone_number: phone });
    await put(server, ada, 'sms/verify/', { mfa_code: newest(server) });
    const { json } = await server.call('GET', '/users/me/secrets', { bearer: ada.token });
    const rows = (await server.rows())['authenticators'] ?? [];
    assert.ok(Array.isArray(json));
    assert.ok(rows.every((row) => !row.includes('"recovery"')));
    assert.equal((await server.call('GET', '/users/me', { bearer: before })).status, 401);
  });

  test('passkeys are not available yet, and say so', async () => {
    await using server = await startServer({ on });
    const detail = 'Passkeys are not available yet.';
    for (const step of ['request', 'verify'])
      assertSays(await put(server, server.admin, `webauthn/${step}`), 501, { detail });
  });

  test('DELETE turns everything off at once, and tells when there is nothing', async () => {
    await using server = await startServer({ on });
    const ada = await withSms(server);
    const by = { bearer: ada.token };
    const app = await server.addApp(ada);
    assert.equal((await server.call('GET', '/mfa/recovery/', by)).status, 200);
    const elsewhere = await server.logIn(ada, app.codes[0]);
    const off = await server.call('DELETE', '/mfa/', by);
    assert.deepEqual([off.status, off.text], [204, '']);
    assertSays(await server.call('DELETE', '/mfa/', by), 400, { detail: notEnabled });
    assertSays(await server.call('DELETE', '/mfa', by), 400, { detail: notEnabled });
    assertSays(await server.call('GET', '/mfa/', by), 200, { enabled: false });
    assert.equal((await server.call('GET', '/mfa/', { bearer: elsewhere })).status, 401);
    const rows = (await server.rows())['authenticators']?.filter((row) => row.includes(ada.uid)) ?? [];
    assert.ok(rows.length === 1 && rows[0]?.includes('"password"'), rows.join('\n'));
    assert.ok(await server.logIn(ada));
  });

  test('DELETE and the backup code need a second factor proven in the last 15 minutes (RFC 9470)', async () => {
    await using server = await startServer({ on });
    const ada = await withSms(server);
    server.clock.tick(15 * minute);
    const backup = await server.call('GET', '/mfa/recovery/', { bearer: ada.token });
    assert.equal(backup.status, 200);
    server.clock.tick(1);
    for (const [method, path, json] of [
      ['DELETE', '/mfa/', undefined],
      ['GET', '/mfa/recovery/', undefined],
      ['PUT', '/mfa/totp/request/', {}],
      ['PUT', '/mfa/totp/verify/', { mfa_code: '123456' }],
      ['PUT', '/mfa/email/request/', {}],
      ['PUT', '/mfa/email/verify/', { mfa_code: '123456' }],
    ] as const) {
      const answer = await server.call(method, path, { bearer: ada.token, json });
      assert.equal(answer.status, 401, answer.asked);
      assert.equal(answer.headers.get('www-authenticate'), rfc9470);
      assert.deepEqual(Object.keys(answer.json as object), ['detail']);
    }
    const again = await logIn(server, ada, { backup_code: member(backup, 'backup_code') });
    assert.equal(again.status, 200, 'a refusal changed the backup code');
  });

  test('a backup code has 12 characters, each request makes a new one, and the old one is dead', async () => {
    await using server = await startServer({ on });
    assertSays(await server.call('GET', '/mfa/recovery', { bearer: server.admin.token }), 400, {
      backup_code: notEnabled,
    });
    const ada = await withSms(server);
    const ask = async () => member(await server.call('GET', '/mfa/recovery/', { bearer: ada.token }), 'backup_code');
    const [first, last] = [await ask(), await ask()];
    assert.notEqual(first, last);
    for (const code of [first, last]) assert.match(code, /^[0-9A-F]{12}$/);
    assertSays(await logIn(server, ada, { backup_code: first }), 400, {
      non_field_errors: ['Please enter a valid backup code.'],
    });
    const answer = await logIn(server, ada, { backup_code: last.toLowerCase() });
    const bearer = member(answer, 'token');
    assertSays(await server.call('GET', '/mfa/', { bearer }), 200, { enabled: false });
    // The second factor is off: the password is enough, and the session from before is over.
    assert.deepEqual(Object.keys((await logIn(server, ada)).json as object), ['token']);
    assert.equal((await server.call('GET', '/mfa/', { bearer: ada.token })).status, 401);
  });
});
