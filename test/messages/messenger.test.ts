import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import type { Channel, Delivery, Gateway, Message } from '../../src/messages/message.ts';
import { createMessenger } from '../../src/messages/messenger.ts';
import { email, recordingLog, sms } from './help.ts';

type Fake = Gateway & { readonly sent: Message[]; closed: number };

/** A gateway that always answers the same; a function is a gateway with a fault. */
function fake(name: string, delivery: Delivery | (() => Promise<never>), channels: readonly Channel[] = ['sms']): Fake {
  const gateway: Fake = {
    name,
    channels,
    sent: [],
    closed: 0,
    // Not `async`: a gateway of somebody else's may throw before it promises anything.
    send(message) {
      gateway.sent.push(message);
      return typeof delivery === 'function' ? delivery() : Promise.resolve(delivery);
    },
    close() {
      gateway.closed += 1;
    },
  };
  return gateway;
}

const taken: Delivery = { ok: true, value: undefined };
const failed: Delivery = { ok: false, reason: 'gateway_failed', detail: 'status 503' };
const fault = Object.assign(new Error(`could not send ${sms.body} to ${sms.to}`), { code: 'EBROKEN' });
const faulty = (): Promise<never> => {
  throw fault;
};
const rejecting = (): Promise<never> => Promise.reject(fault);

describe('the messenger', () => {
  test('asks the first gateway and no other when it takes the message', async () => {
    const [one, two] = [fake('one', taken), fake('two', taken)];
    assert.deepEqual(await createMessenger([one, two], recordingLog()).send(sms), taken);
    assert.deepEqual([one.sent, two.sent], [[sms], []]);
  });

  const troubles = { fails: failed, 'has a fault': faulty, 'breaks its promise': rejecting };
  for (const [what, trouble] of Object.entries(troubles)) {
    test(`asks the next gateway when one ${what}`, async () => {
      const [one, two, three] = [fake('one', trouble), fake('two', taken), fake('three', taken)];
      assert.deepEqual(await createMessenger([one, two, three], recordingLog()).send(sms), taken);
      assert.deepEqual([one.sent.length, two.sent.length, three.sent.length], [1, 1, 0]);
    });
  }

  test('says that its gateways failed when all did', async () => {
    const messenger = createMessenger([fake('one', failed), fake('two', faulty)], recordingLog());
    assert.deepEqual(await messenger.send(sms), { ok: false, reason: 'gateway_failed' });
  });

  for (const reason of ['invalid_destination', 'not_allowed'] as const) {
    test(`asks nobody else once a gateway has said ${reason}`, async () => {
      const [one, two] = [fake('one', { ok: false, reason, detail: 'status 400' }), fake('two', taken)];
      assert.deepEqual(await createMessenger([one, two], recordingLog()).send(sms), { ok: false, reason });
      assert.equal(two.sent.length, 0);
    });
  }

  test('asks only gateways of the channel', async () => {
    const [one, two] = [fake('one', taken), fake('two', taken, ['email'])];
    assert.deepEqual(await createMessenger([one, two], recordingLog()).send(email), taken);
    assert.deepEqual([one.sent, two.sent], [[], [email]]);
  });

  test('says so when no gateway is there for the channel', async () => {
    const log = recordingLog();
    const messenger = createMessenger([fake('one', taken)], log);
    assert.deepEqual(await messenger.send(email), { ok: false, reason: 'no_gateway' });
    assert.deepEqual(
      log.lines.map(({ fields }) => fields),
      [{ channel: 'email', reason: 'no_gateway' }],
    );
  });

  test('knows on which channels it can send', () => {
    const of = (...gateways: Gateway[]) => createMessenger(gateways, recordingLog()).channels();
    assert.deepEqual(of(), []);
    assert.deepEqual(of(fake('one', taken)), ['sms']);
    assert.deepEqual(of(fake('one', taken, ['email']), fake('two', taken)), ['sms', 'email']);
  });

  const misdirected: readonly Message[] = [
    { ...sms, to: '+12133734253,+12133734254' },
    { ...sms, to: '2133734253' },
    { ...sms, to: '+1213373425\n3' },
    { ...sms, to: email.to },
    { ...email, to: 'alice@example.com,mallory@example.com' },
    { ...email, to: 'alice@example.com\r\nBcc: mallory@example.com' },
    { ...email, to: 'alice@EXAMPLE.com' },
    { ...email, to: sms.to },
  ];
  for (const message of misdirected) {
    test(`hands no gateway a message to ${JSON.stringify(message.to)} by ${message.channel}`, async () => {
      const gateway = fake('one', taken, ['sms', 'email']);
      const outcome = await createMessenger([gateway], recordingLog()).send(message);
      assert.deepEqual(outcome, { ok: false, reason: 'invalid_destination' });
      assert.equal(gateway.sent.length, 0);
    });
  }

  test('tells the operator which gateway did not take a message and why, and nothing of the message', async () => {
    const log = recordingLog();
    await createMessenger([fake('one', failed), fake('two', faulty), fake('three', taken)], log).send(sms);
    const rest = { channel: 'sms', reason: 'gateway_failed' };
    assert.deepEqual(
      log.lines.map(({ fields }) => fields),
      [
        { gateway: 'one', ...rest, detail: 'status 503' },
        { gateway: 'two', ...rest, detail: 'EBROKEN' },
      ],
    );
    const text = inspect(log.lines, { depth: null });
    for (const part of [sms.to, sms.to.slice(-4), sms.code ?? '', 'your code'])
      assert.equal(text.includes(part), false);
  });

  test('closes what its gateways keep open', () => {
    const gateway = fake('one', taken);
    const without: Gateway = { name: 'two', channels: ['sms'], send: () => Promise.resolve(taken) };
    createMessenger([without, gateway], recordingLog()).close();
    assert.equal(gateway.closed, 1);
  });
});
