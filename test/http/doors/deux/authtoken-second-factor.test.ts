/** Contract section 2: logging in with both factors in one request, and that a code works once whatever door it is brought to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../../../src/base/clock.ts';
import { declined, type Gateway } from '../../../../src/messages/message.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member, startServer, type Answer, type App, type Person, type Server } from '../../../../kit/server.ts';
import { enable, withSms } from './authtoken-help.ts';
import { assertSays, logIn, newest, phone } from './help.ts';

const wrongCode = { non_field_errors: ['Please enter a valid code.'] };
const wrongBackup = { non_field_errors: ['Please enter a valid backup code.'] };
const not = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

async function withApp(server: Server): Promise<Person & { readonly app: App }> {
  const ada = await server.addPerson('ada');
  const app = await server.addApp(ada);
  return { ...ada, app };
}

/** Answers that a second factor is needed; returns the challenge token. */
function assertRequired(answer: Answer, type: string): string {
  const mfa_token = member(answer, 'mfa_token');
  assertSays(answer, 200, { mfa_required: true, mfa_type: type, mfa_token });
  return mfa_token;
}

onEachDatabase('the second factor of /mfa/authtoken/login', (on) => {
  test('when a second factor is needed the answer says which, and a text message is sent', async () => {
    await using server = await startServer({ on });
    const ada = await withSms(server);
    const sent = server.sent.length;
    assertRequired(await logIn(server, ada), 'sms');
    assert.deepEqual(
      server.sent.slice(sent).map(({ channel, to }) => [channel, to]),
      [['sms', phone]],
    );
    const answer = await logIn(server, ada, { mfa_code: newest(server) });
    assertSays(answer, 200, { token: member(answer, 'token') });
    const sessions = await server.call('GET', '/mfa/recovery', { bearer: member(answer, 'token') });
    assert.equal(sessions.status, 200, 'the login proved the second factor');
  });

  test('codes by e-mail are sent too, and those of an app are not', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada', { email: 'ada@example.org' });
    await enable(server, ada, 'email', {});
    assertRequired(await logIn(server, ada), 'email');
    assert.equal(server.sent.at(-1)?.to, 'ada@example.org');
    assert.ok(member(await logIn(server, ada, { mfa_code: newest(server) }), 'token'));
    const bob = await server.addPerson('bob');
    const app = await server.addApp(bob);
    const sent = server.sent.length;
    assertRequired(await logIn(server, bob), 'totp');
    assert.equal(server.sent.length, sent);
    assert.ok(member(await logIn(server, bob, { mfa_code: server.code(app) }), 'token'));
  });

  test('the factor that was there first is asked for, and the code of another is as good', async () => {
    await using server = await startServer({ on });
    const { app, ...ada } = await withApp(server);
    server.clock.tick(1);
    await enable(server, ada, 'sms', { phone_number: phone });
    const sent = server.sent.length;
    assertRequired(await logIn(server, ada), 'totp');
    assert.equal(server.sent.length, sent);
    assert.ok(member(await logIn(server, ada, { mfa_code: server.code(app) }), 'token'));
  });

  test('mfa_token is a challenge token that /auth/totp answers too', async () => {
    await using server = await startServer({ on });
    const ada = await withSms(server);
    const challenge_token = assertRequired(await logIn(server, ada), 'sms');
    const json = { token: newest(server), challenge_token };
    assert.ok(member(await server.call('POST', '/auth/totp', { json }), 'token'));
    assert.equal((await server.call('GET', '/users/me', { bearer: challenge_token })).status, 401);
  });

  test('a code may be a text with spaces or a number, and what is no code is a wrong one', async () => {
    await using server = await startServer({ on });
    const { app, ...ada } = await withApp(server);
    for (const form of [(code: string) => ` ${code.slice(0, 3)} - ${code.slice(3)} `, Number]) {
      for (const mfa_code of [server.wrongCode(app), '', 'x', '12345', '１２３４５６', 7])
        assertSays(await logIn(server, ada, { mfa_code }), 400, wrongCode);
      server.clock.tick(30 * second);
      assert.ok(member(await logIn(server, ada, { mfa_code: form(server.code(app)) }), 'token'));
    }
    for (const mfa_code of [null, -1, 1.5, true, ['123456'], {}, 'x'.repeat(8193)]) {
      const answer = await logIn(server, ada, { mfa_code });
      assert.deepEqual([answer.status, Object.keys(answer.json as object)], [400, ['mfa_code']]);
    }
  });

  test('asked again at once, the answer is the same and the code that was sent still works', async () => {
    await using server = await startServer({ on });
    const ada = await withSms(server);
    const sent = server.sent.length;
    for (let time = 0; time < 3; time += 1) assertRequired(await logIn(server, ada), 'sms');
    assert.equal(server.sent.length, sent + 1);
    assert.ok(member(await logIn(server, ada, { mfa_code: newest(server) }), 'token'));
  });

  test('after ten codes of logins in a day the answer is 429 with Retry-After', async () => {
    await using server = await startServer({ on });
    const ada = await withSms(server);
    const before = server.sent.length;
    for (let message = 1; message <= 10; message += 1) {
      assertRequired(await logIn(server, ada), 'sms');
      server.clock.tick(30 * second);
    }
    assert.equal(server.sent.length, before + 10);
    const answer = await logIn(server, ada);
    assert.equal(answer.status, 429);
    assert.deepEqual(Object.keys(answer.json as object), ['detail']);
    assert.equal(answer.headers.get('retry-after'), String(24 * 60 * 60 - 300));
  });

  for (const trouble of ['gateway_failed', 'invalid_destination', 'not_allowed'] as const) {
    test(`when the gateway answers ${trouble}, nobody is logged in and the answer is 400`, async () => {
      let isBroken = false;
      const gateway: Gateway = {
        name: 'troubled',
        channels: ['sms'],
        async send({ code }) {
          sent.push(code ?? '');
          return isBroken ? declined(trouble, 'as the test wants it') : { ok: true, value: undefined };
        },
      };
      const sent: string[] = [];
      await using server = await startServer({ on, gateways: [gateway] });
      const ada = await server.addPerson('ada');
      const by = { bearer: ada.token };
      await server.call('PUT', '/mfa/sms/request', { ...by, json: { phone_number: phone } });
      await server.call('PUT', '/mfa/sms/verify', { ...by, json: { mfa_code: sent[0] } });
      isBroken = true;
      server.clock.tick(30 * second);
      const answer = await logIn(server, ada);
      assert.equal(answer.status, 400);
      if (trouble === 'gateway_failed') assertSays(answer, 400, { detail: 'SMS failed to send.' });
      // The code that was not sent does not exist.
      assertSays(await logIn(server, ada, { mfa_code: sent.at(-1) }), 400, wrongCode);
    });
  }

  test('after five wrong codes one waits: 429, a detail and Retry-After, and the right code waits too', async () => {
    await using server = await startServer({ on });
    const { app, ...ada } = await withApp(server);
    for (let guess = 0; guess < 5; guess += 1)
      assertSays(await logIn(server, ada, { mfa_code: server.wrongCode(app) }), 400, wrongCode);
    const answer = await logIn(server, ada, { mfa_code: server.code(app) });
    assert.equal(answer.status, 429);
    assert.deepEqual(Object.keys(answer.json as object), ['detail']);
    assert.equal(answer.headers.get('retry-after'), '30');
    server.clock.tick(30 * second);
    assert.ok(member(await logIn(server, ada, { mfa_code: server.code(app) }), 'token'));
  });

  test('logging in with the backup code turns multi-factor authentication off, and it works once', async () => {
    await using server = await startServer({ on });
    const { app, ...ada } = await withApp(server);
    const by = { bearer: ada.token };
    const backup_code = member(await server.call('GET', '/mfa/recovery/', by), 'backup_code');
    for (const wrong of ['', 'x', '0123456789AB', not('123456'), server.code(app)])
      assertSays(await logIn(server, ada, { backup_code: wrong }), 400, wrongBackup);
    assertSays(await logIn(server, ada, { mfa_code: backup_code }), 400, wrongCode);
    server.clock.tick(15 * minute);
    const answer = await logIn(server, ada, { backup_code });
    assertSays(await server.call('GET', '/mfa/', { bearer: member(answer, 'token') }), 200, { enabled: false });
    assert.equal((await server.call('GET', '/mfa/', by)).status, 401);
    // Enabled again, the old code is worth nothing.
    await server.addApp({ token: member(answer, 'token') });
    assertSays(await logIn(server, ada, { backup_code }), 400, wrongBackup);
  });

  test('a recovery code of the server is a backup code here, and leaves everything as it is', async () => {
    await using server = await startServer({ on });
    const { app, ...ada } = await withApp(server);
    const answer = await logIn(server, ada, { backup_code: app.codes[0] });
    const status = await server.call('GET', '/mfa/', { bearer: member(answer, 'token') });
    assert.equal((status.json as { enabled: boolean }).enabled, true);
    assertSays(await logIn(server, ada, { backup_code: app.codes[0] }), 400, wrongBackup);
  });
});
