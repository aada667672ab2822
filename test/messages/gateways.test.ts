import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { SetupError } from '../../src/base/fault.ts';
import { readGateways } from '../../src/messages/gateways.ts';
import { clockAt } from '../../kit/clock.ts';
import { certificate, openMailServer, smtpPassword, smtpUser } from '../../kit/stand-ins/smtp.ts';
import { openTwilio, twilioAccount, twilioFrom, twilioKey, twilioToken } from '../../kit/stand-ins/twilio.ts';
import { email, sms } from './help.ts';
import { openWebhook, webhookSecret } from './webhook-server.ts';

const clock = clockAt('2026-01-01T12:00:00Z');
const encode = encodeURIComponent;

/** The one gateway of a text. */
function readOne(text: string) {
  const [gateway, ...more] = readGateways(text, clock);
  assert.ok(gateway && more.length === 0);
  return gateway;
}

const namesOf = (text: string): string[] => readGateways(text, clock).map(({ name }) => name);
const twilioUrl = `twilio://${twilioAccount}:${twilioToken}@api.twilio.com?from=${encode(twilioFrom)}`;

describe('gateways in the environment', () => {
  test('are none when nothing is written', () => {
    for (const text of ['', '  ', '\n']) assert.deepEqual(readGateways(text, clock), []);
  });

  test('stand in the order of the chain', () => {
    const text = ` smtps://mail.example.com?from=a@example.com\n  ${twilioUrl}  webhook+https://hooks.example.com:8443/sms?secret=${'x'.repeat(16)}`;
    assert.deepEqual(namesOf(text), [
      'smtp mail.example.com',
      'twilio api.twilio.com',
      'webhook hooks.example.com:8443',
    ]);
  });

  test('reach Twilio with an account and its token', async () => {
    await using server = await openTwilio();
    const gateway = readOne(`twilio://${twilioAccount}:${twilioToken}@${server.host}?from=${encode(twilioFrom)}`);
    assert.equal((await gateway.send(sms)).ok, true);
  });

  test('reach Twilio with a key and a messaging service', async () => {
    await using server = await openTwilio();
    const service = 'MG00000000000000000000000000000004';
    const query = `account=${twilioAccount}&messaging_service=${service}&deadline=2.5`;
    assert.equal((await readOne(`twilio://${twilioKey}:${twilioToken}@${server.host}?${query}`).send(sms)).ok, true);
    assert.equal(server.seen[0]?.headers.authorization, `Basic ${btoa(`${twilioKey}:${twilioToken}`)}`);
  });

  test('reach a mail server with a user and a password full of signs', async () => {
    await using server = await openMailServer();
    const login = `${encode(smtpUser)}:${encode(smtpPassword)}`;
    const gateway = readOne(`smtp://${login}@127.0.0.1:${server.port}?from=login%40example.com`);
    assert.equal((await gateway.send(email)).ok, true);
    gateway.close?.();
  });

  test('reach a mail server that speaks TLS from the first byte', async () => {
    setDefaultCACertificates([...getCACertificates('default'), certificate.cert]);
    await using server = await openMailServer({ tls: 'secure' });
    const login = `${encode(smtpUser)}:${encode(smtpPassword)}`;
    const gateway = readOne(`smtps://${login}@127.0.0.1:${server.port}/?from=login%40example.com`);
    assert.equal((await gateway.send(email)).ok, true);
    gateway.close?.();
  });

  test('reach a hook', async () => {
    await using server = await openWebhook();
    const gateway = readOne(`webhook+http://${server.host}/a%20b/sms?secret=${encode(webhookSecret)}&channels=sms`);
    assert.equal((await gateway.send(sms)).ok, true);
    assert.equal(server.seen[0]?.path, '/a%20b/sms');
    assert.deepEqual(gateway.channels, ['sms']);
  });

  test('reach an outbox', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'countersign outbox '));
    try {
      const file = join(folder, 'a b.jsonl');
      assert.equal((await readOne(`outbox:${encode(file)}`).send(sms)).ok, true);
      assert.equal((await readOne(`outbox:${file.replaceAll(' ', '%20')}`).send(sms)).ok, true);
      assert.equal((await readFile(file, 'utf8')).split('\n').length, 3);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('give up after as many seconds as they are told', async () => {
    await using server = await openTwilio('says nothing');
    const query = `from=${encode(twilioFrom)}&deadline=0.05`;
    const delivery = await readOne(`twilio://${twilioAccount}:${twilioToken}@${server.host}?${query}`).send(sms);
    assert.equal(delivery.ok, false);
  });

  const secret = 'hunter2hunter2hunter2';
  const mail = `smtp://login:${secret}@mail.example.com:587`;
  const bad: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
    'no URL': [secret, /one of twilio:.*outbox:FILE/],
    'a scheme of its own': [`sendgrid://${secret}@api.example.com`, /expected one of/],
    "a scheme of every object's": [`constructor:${secret}`, /expected one of/],
    'a scheme that is no secret': [`webhook+file:///${secret}`, /expected one of/],
    'a ? in the password': [`smtp://login:123?${secret}@mail.example.com?from=a@example.com`, /unknown parameter/],
    'a # in the password': [`smtp://login:123#${secret}@mail.example.com?from=a@example.com`, /%23/],
    'a / in the password': [`smtp://login:123/${secret}@mail.example.com?from=a@example.com`, /%2F/],
    'a % in the password': [`smtp://login:%zz${secret}@mail.example.com?from=a@example.com`, /%25/],
    'a % in the file': [`outbox:/%zz${secret}`, /%25/],
    'no sender': [mail, /from/],
    'a sender that is no address': [`${mail}?from=${secret}`, /from must be an e-mail address/],
    'a parameter that it does not know': [`${mail}?from=a@example.com&${secret}=1`, /expected deadline, from, tls/],
    'a parameter twice': [`${mail}?from=a@example.com&from=${secret}@example.com`, /more than once/],
    'another word about TLS': [`${mail}?from=a@example.com&tls=${secret}`, /tls must be required or off/],
    'a deadline that is no number': [`${mail}?from=a@example.com&deadline=${secret}`, /deadline must be/],
    'a deadline of an hour': [`${mail}?from=a@example.com&deadline=3600`, /deadline must be at most 60 s/],
    'a deadline of no time': [`${mail}?from=a@example.com&deadline=`, /deadline must be/],
    'no host': ['smtp:?from=a@example.com', /host must be a host/],
    'an account that is none': [`twilio://${secret}:x@api.twilio.com?from=%2B15005550006`, /account must be AC/],
    'a key without an account': [
      `twilio://${twilioKey}:${secret}@api.twilio.com?from=%2B15005550006`,
      /account must be AC/,
    ],
    'a + that was not written as %2B': [
      `twilio://${twilioAccount}:${secret}@api.twilio.com?from=+15005550006`,
      /from must be/,
    ],
    'no number to send from': [`twilio://${twilioAccount}:${secret}@api.twilio.com`, /either from or messagingService/],
    'http to another machine': [`webhook+http://hooks.example.com/?secret=${secret}`, /url must be an https URL/],
    'a password alone for a hook': [`webhook+https://:${secret}@hooks.example.com/?secret=${secret}`, /signed/],
    'a password for a hook': [`webhook+https://user:${secret}@hooks.example.com/?secret=${secret}`, /signed/],
    'a hook without a secret': [`webhook+https://hooks.example.com/${secret}`, /secret must have 16/],
    'a hook for a channel of its own': [
      `webhook+https://hooks.example.com/?secret=${secret}&channels=fax`,
      /sms or email/,
    ],
    'an outbox without a file': ['outbox:', /file must not be empty/],
    'a host for an outbox': [`outbox://${secret}/tmp/x`, /has a host/],
    'a parameter for an outbox': [`outbox:/tmp/x?${secret}=1`, /unknown parameter/],
  };
  for (const [what, [text, says]] of Object.entries(bad)) {
    test(`stop the start with ${what}: the place and the reason are named, and nothing of the text`, () => {
      assert.throws(
        () => readGateways(`${twilioUrl} ${text}`, clock),
        ({ message, constructor }: Error) => {
          assert.equal(constructor, SetupError);
          assert.match(message, /^gateway 2: /);
          assert.match(message, says);
          for (const part of ['hunter2', twilioToken, twilioKey]) assert.equal(message.includes(part), false, message);
          return true;
        },
      );
    });
  }
});
