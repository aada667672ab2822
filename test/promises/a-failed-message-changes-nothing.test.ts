/**
 * A gateway that fails, hangs or lies leaves no code, no token and a clear error, at every route that sends; what worked before still works,
 * and what was being set up does not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { second } from '../../src/base/clock.ts';
import { success } from '../../src/base/outcome.ts';
import { declined, type Channel, type Gateway, type Message } from '../../src/messages/message.ts';
import { createTwilio } from '../../src/messages/twilio.ts';
import { onEachDatabase, type TestDatabase } from '../../kit/databases.ts';
import { addOAuthApp, assertNoToken, enableSms, singleRequestLogins, bodyOf, tokenOf } from '../../kit/doors.ts';
import { startServer, type Answer, type Server } from '../../kit/server.ts';
import { openTwilio, twilioAccount, twilioFrom, twilioToken } from '../../kit/stand-ins/twilio.ts';

const working = '+12133734253';
const wanted = '+14155552671';

/** What a gateway does, as the stand-in knows it, within how many milliseconds it has to answer, and whether it blames the number. */
type Trouble = readonly [trouble: string, deadline: number, blames?: true];

const patient = 10_000;

const troubles: Readonly<Record<string, Trouble>> = {
  'is broken': ['is broken', patient],
  'hangs up': ['hangs up', patient],
  hangs: ['says nothing', 60],
  'hangs in the middle of a 201': ['a 201 that does not end', 60],
  'answers 201 with an error': ['an error within a 201', patient, true],
  'refuses the number': ['refuses the destination', patient, true],
  'answers 201 with nothing': ['nothing', patient],
  'answers 201 with a page': ['a page', patient],
  'answers 201 with a message that has failed': ['a message that has failed', patient],
  'answers 200 for some other program': ['a 200 of some other program', patient],
  'talks nonsense': ['talks nonsense', patient],
};

/** A server whose text messages go into a box, until the trouble begins; then they go to a gateway that is in it. */
async function town(on: TestDatabase, [trouble, deadline]: Trouble) {
  const stand = await openTwilio(trouble);
  const account = { account: twilioAccount, token: twilioToken, from: twilioFrom };
  const twilio = createTwilio({ ...account, url: `http://${stand.host}`, deadline });
  const [box, now] = [new Array<Message>(), { inTrouble: false }];
  const gateway = {
    name: 'gateway',
    channels: ['sms'] as const,
    async send(message: Message) {
      box.push(message);
      return now.inTrouble ? twilio.send(message) : success(undefined);
    },
  };
  const server = await startServer({ on, gateways: [gateway] });
  return {
    ...server,
    now,
    stand,
    /** The code that was last given to a gateway, whatever became of it. */
    code: () => box.at(-1)?.code ?? assert.fail('no code was given to the gateway'),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await stand[Symbol.asyncDispose]();
    },
  };
}

type Town = Awaited<ReturnType<typeof town>>;

/** Somebody who logs in with codes by text message; a minute later. */
async function withSms(place: Town, name: string) {
  const person = await place.addPerson(name);
  const bearer = person.token;
  await place.call('PUT', '/mfa/sms/request', { bearer, json: { phone_number: working } });
  const verified = await place.call('PUT', '/mfa/sms/verify', { bearer, json: { mfa_code: place.code() } });
  assert.equal(verified.status, 200, verified.text);
  place.clock.tick(30 * second);
  return person;
}

/** Everything that a login could leave: sessions, their refresh tokens, and what a code would be known by. */
async function left(server: Server) {
  const { sessions, refresh_tokens, authenticators } = await server.rows();
  return { sessions, refresh_tokens, authenticators: authenticators?.map(withoutTimes) };
}

/** A password that was right is noted; that is no code. */
const withoutTimes = (row: string) => row.replace(/"(?:updated_at|last_used_at)":[^,}]+/g, '');

/** Deux's sentence, and at the OAuth2 door the members of RFC 6749 beside it. */
function assertSaysSo(answer: Answer, blames = false): void {
  assertNoToken(answer);
  assert.equal(answer.status, 400, `${answer.asked} ${answer.text}`);
  if (answer.asked.includes('/request'))
    return assert.deepEqual(bodyOf(answer), blames ? invalidNumber : { detail: failed });
  const detail = blames ? 'This phone number or address cannot receive messages.' : failed;
  const error = blames ? 'invalid_request' : 'temporarily_unavailable';
  const isOAuth = answer.asked.includes('oauth2');
  assert.deepEqual(bodyOf(answer), isOAuth ? { error, error_description: detail, detail } : { detail }, answer.asked);
}

const failed = 'SMS failed to send.';
const invalidNumber = { phone_number: ['Please enter a valid phone number.'] };

onEachDatabase('a failed message changes nothing', (on) => {
  for (const [what, trouble] of Object.entries(troubles)) {
    test(`at the logins, when the gateway ${what}`, async () => {
      await using place = await town(on, trouble);
      const ada = await withSms(place, 'ada');
      const logins = singleRequestLogins(await addOAuthApp(place));
      for (const login of Object.values(logins)) {
        place.now.inTrouble = false;
        assert.equal(bodyOf(await login(place.call, ada))['mfa_required'], true);
        const earlier = place.code();
        place.clock.tick(30 * second);
        place.now.inTrouble = true;
        const before = await left(place);
        const seen = place.stand.seen.length;
        assertSaysSo(await login(place.call, ada), trouble[2]);
        // Where it has a moment only, a busy machine may not get as far as asking.
        if (trouble[1] === patient) assert.ok(place.stand.seen.length > seen, 'the gateway was not asked');
        assert.deepEqual(await left(place), before);
        // The code that the gateway did not take is none, and the one before it still works.
        assertNoToken(await login(place.call, ada, { mfa_code: place.code() }));
        assert.ok(tokenOf(await login(place.call, ada, { mfa_code: earlier })));
        place.clock.tick(30 * second);
      }
    });

    test(`at an enrolment, when the gateway ${what}`, async () => {
      await using place = await town(on, trouble);
      const ada = await place.addPerson('ada');
      const by = { bearer: ada.token };
      place.now.inTrouble = true;
      const before = await left(place);
      assertSaysSo(await place.call('PUT', '/mfa/sms/request', { ...by, json: { phone_number: wanted } }), trouble[2]);
      assert.deepEqual(await left(place), before);
      const verified = await place.call('PUT', '/mfa/sms/verify', { ...by, json: { mfa_code: place.code() } });
      assert.deepEqual([verified.status, bodyOf(verified)], [400, { mfa_code: ['Please enter a valid code.'] }]);
      assert.deepEqual(bodyOf(await place.call('GET', '/mfa', by)), { enabled: false });
      assert.ok(await place.logIn(ada));
      // Once the gateway is well again it is all as if nothing had been.
      place.now.inTrouble = false;
      place.clock.tick(30 * second);
      const asked = await place.call('PUT', '/mfa/sms/request', { ...by, json: { phone_number: wanted } });
      assert.equal(asked.status, 200, asked.text);
      const enabled = await place.call('PUT', '/mfa/sms/verify', { ...by, json: { mfa_code: place.code() } });
      assert.equal(enabled.status, 200, enabled.text);
    });
  }

  test('an enrolment that was begun before goes on with the code that arrived', async () => {
    await using place = await town(on, ['is broken', patient]);
    const by = { bearer: (await place.addPerson('ada')).token };
    await place.call('PUT', '/mfa/sms/request', { ...by, json: { phone_number: working } });
    const arrived = place.code();
    place.now.inTrouble = true;
    assertSaysSo(await place.call('PUT', '/mfa/sms/request', { ...by, json: { phone_number: wanted } }));
    const enabled = await place.call('PUT', '/mfa/sms/verify', { ...by, json: { mfa_code: arrived } });
    assert.deepEqual([enabled.status, bodyOf(enabled)['phone_number']], [200, working]);
  });

  test('a gateway that was taken away is told like one that fails, at every login', async () => {
    const channels: Channel[] = ['sms'];
    const box: Message[] = [];
    const send: Gateway['send'] = async (message) => (box.push(message), success(undefined));
    await using server = await startServer({ on, gateways: [{ name: 'gateway', channels, send }] });
    const ada = await server.addPerson('ada');
    await enableSms({ ...server, sent: box }, ada);
    channels.length = 0;
    for (const login of Object.values(singleRequestLogins(await addOAuthApp(server)))) {
      assertSaysSo(await login(server.call, ada));
    }
  });

  test('a code by e-mail that could not be sent is told as one, at every login', async () => {
    const now = { inTrouble: false };
    const codes: string[] = [];
    const send: Gateway['send'] = async ({ code = '' }) => {
      codes.push(code);
      return now.inTrouble ? declined('gateway_failed', 'as the test wants it') : success(undefined);
    };
    await using server = await startServer({ on, gateways: [{ name: 'mail', channels: ['email'], send }] });
    const ada = await server.addPerson('ada', { email: 'ada@example.org' });
    const by = { bearer: ada.token };
    await server.call('PUT', '/mfa/email/request', { ...by, json: {} });
    assert.equal((await server.call('PUT', '/mfa/email/verify', { ...by, json: { mfa_code: codes[0] } })).status, 200);
    now.inTrouble = true;
    for (const login of Object.values(singleRequestLogins(await addOAuthApp(server)))) {
      server.clock.tick(30 * second);
      const answer = await login(server.call, ada);
      assertNoToken(answer);
      assert.deepEqual([answer.status, bodyOf(answer)['detail']], [400, 'Email failed to send.']);
    }
  });

  for (const at of [0, 1, 2, 3]) {
    test(`nobody is asked for a code that was not sent to them, however soon they ask again (${at + 1} of 4 routes)`, async () => {
      await using place = await town(on, ['is broken', patient]);
      const [ada, bob] = [await withSms(place, 'ada'), await withSms(place, 'bob')];
      const login = Object.values(singleRequestLogins(await addOAuthApp(place)))[at] ?? assert.fail();
      place.now.inTrouble = true;
      assertSaysSo(await login(place.call, ada));
      place.now.inTrouble = false;
      for (const who of [ada, bob]) {
        const again = await login(place.call, who);
        assert.deepEqual([again.status, again.headers.get('retry-after')], [429, '30'], again.text);
        assertNoToken(again);
      }
      place.clock.tick(30 * second);
      assert.equal(bodyOf(await login(place.call, ada))['mfa_required'], true);
      // The message to her number was not for him.
      assert.equal((await login(place.call, bob)).status, 429);
      assert.equal(bodyOf(await login(place.call, ada))['mfa_required'], true);
    });
  }
});
