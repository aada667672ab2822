/** Contract section 2: what a request to enable sends, shows and refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../../../src/base/clock.ts';
import { declined, type Gateway } from '../../../../src/messages/message.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member, startServer } from '../../../../kit/server.ts';
import { alreadyEnabled, assertSays, logIn, newest, phone, put, withSms, wrongCode } from './help.ts';

const failing = (reason: 'gateway_failed' | 'invalid_destination' | 'not_allowed'): Gateway => ({
  name: 'failing',
  channels: ['sms', 'email'],
  send: async () => declined(reason, 'as the test wants it'),
});

onEachDatabase('/mfa/…/request', (on) => {
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
    assertSays(unknown, 400, { extra: ['is not a known member'] });
    assert.equal((await put(server, ada, 'sms/request/', { phone_number: 2_133_734_253 })).status, 400);
    assert.deepEqual(server.sent, []);
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
});
