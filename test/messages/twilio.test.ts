import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SetupError } from '../../src/base/fault.ts';
import { createTwilio } from '../../src/messages/twilio.ts';
import { everyTrouble, gatewayContract } from '../contracts/gateway.ts';
import {
  openTwilio,
  twilioAccount,
  twilioFrom,
  twilioKey,
  twilioOddAnswers,
  twilioRefusals,
  twilioToken,
} from '../../kit/stand-ins/twilio.ts';
import { sms } from './help.ts';

const login = { account: twilioAccount, token: twilioToken };

gatewayContract({
  name: 'twilio',
  message: sms,
  secrets: [twilioToken, twilioAccount, btoa(`${twilioAccount}:${twilioToken}`)],
  troubles: everyTrouble,
  async open(deadline, trouble) {
    const server = await openTwilio(trouble);
    return {
      gateway: createTwilio({ ...login, url: `http://${server.host}`, from: twilioFrom, deadline }),
      taken: () => server.taken().map((request) => ({ to: field(request, 'To'), body: field(request, 'Body') })),
      mend: server.mend,
      requests: () => server.seen.length,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
});

function field({ body }: { readonly body: string }, name: string): string {
  return new URLSearchParams(body).get(name) ?? '';
}

describe('SMS by Twilio', () => {
  /** What the documentation of each code says, put into our words. */
  const meanings = {
    21211: 'invalid_destination',
    21217: 'invalid_destination',
    21265: 'invalid_destination',
    21266: 'invalid_destination',
    21614: 'invalid_destination',
    21635: 'invalid_destination',
    21408: 'not_allowed',
    21610: 'not_allowed',
  } as Readonly<Record<number, string>>;

  for (const [to, [status, code, words]] of Object.entries(twilioRefusals)) {
    const reason = status < 500 ? (meanings[code] ?? 'gateway_failed') : 'gateway_failed';
    test(`takes ${status} ${code} (${words}) for ${reason}`, async () => {
      await using server = await openTwilio();
      const gateway = createTwilio({ ...login, url: `http://${server.host}`, from: twilioFrom });
      const detail = `status ${status}, error ${code}`;
      assert.deepEqual(await gateway.send({ ...sms, to }), { ok: false, reason, detail });
    });
  }

  for (const trouble of [...twilioOddAnswers, 'has had enough of us']) {
    test(`does not take it for sent when Twilio answers with: ${trouble}`, async () => {
      await using server = await openTwilio(trouble);
      const deadline = trouble.includes('does not end') ? 120 : 10_000;
      const gateway = createTwilio({ ...login, url: `http://${server.host}`, from: twilioFrom, deadline });
      const delivery = await gateway.send(sms);
      assert.equal(delivery.ok, false);
    });
  }

  test('tells the operator with which code a message failed that Twilio had made', async () => {
    await using server = await openTwilio('a message that has failed');
    const gateway = createTwilio({ ...login, url: `http://${server.host}`, from: twilioFrom });
    const detail = 'status 201, error 30008';
    assert.deepEqual(await gateway.send(sms), { ok: false, reason: 'gateway_failed', detail });
  });

  test('sends from a number as Twilio documents it', async () => {
    await using server = await openTwilio();
    await createTwilio({ ...login, url: `http://${server.host}`, from: twilioFrom }).send(sms);
    const form = new URLSearchParams({ To: sms.to, From: twilioFrom, Body: sms.body });
    assert.deepEqual(
      server.seen.map(({ path, body }) => ({ path, body })),
      [{ path: `/2010-04-01/Accounts/${twilioAccount}/Messages.json`, body: form.toString() }],
    );
  });

  test('sends through a messaging service', async () => {
    await using server = await openTwilio();
    const messagingService = 'MG00000000000000000000000000000004';
    const delivery = await createTwilio({ ...login, url: `http://${server.host}`, messagingService }).send(sms);
    assert.equal(delivery.ok, true);
    const form = new URLSearchParams({ To: sms.to, MessagingServiceSid: messagingService, Body: sms.body });
    assert.equal(server.seen[0]?.body, form.toString());
  });

  test('signs in with an API key of the account', async () => {
    await using server = await openTwilio();
    const gateway = createTwilio({ ...login, key: twilioKey, url: `http://${server.host}`, from: twilioFrom });
    assert.equal((await gateway.send(sms)).ok, true);
    assert.equal(server.seen[0]?.headers.authorization, `Basic ${btoa(`${twilioKey}:${twilioToken}`)}`);
  });

  test('says that a wrong token is our own fault', async () => {
    await using server = await openTwilio();
    const gateway = createTwilio({ ...login, token: 'wrong', url: `http://${server.host}`, from: twilioFrom });
    const detail = 'status 401, error 20003';
    assert.deepEqual(await gateway.send(sms), { ok: false, reason: 'gateway_failed', detail });
  });

  test('speaks to api.twilio.com when it is told no other host', () => {
    assert.equal(createTwilio({ ...login, from: twilioFrom }).name, 'twilio api.twilio.com');
  });

  const bad = {
    'no sender': {},
    'two senders': { from: twilioFrom, messagingService: 'MG00000000000000000000000000000004' },
    'a sender whose + was read as a space': { from: ' 15005550006' },
    'an account that is none': { from: twilioFrom, account: 'AC1' },
    'an account that leads elsewhere': { from: twilioFrom, account: `${twilioAccount}/../..` },
    'an empty token': { from: twilioFrom, token: '' },
    'http to another machine': { from: twilioFrom, url: 'http://api.twilio.com' },
    'credentials in the URL': { from: twilioFrom, url: 'https://user:secret@api.twilio.com' },
    'no deadline': { from: twilioFrom, deadline: 0 },
    'a deadline of an hour': { from: twilioFrom, deadline: 3_600_000 },
    'a member that it does not know': { from: twilioFrom, [twilioToken]: twilioToken },
  };
  for (const [what, settings] of Object.entries(bad)) {
    test(`is not set up with ${what}, and does not repeat the token`, () => {
      assert.throws(
        () => createTwilio({ ...login, ...settings }),
        (error) =>
          error instanceof SetupError && !error.message.includes(twilioToken) && !error.message.includes('secret'),
      );
    });
  }
});
