import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SetupError } from '../../src/base/fault.ts';
import { createWebhook } from '../../src/messages/webhook.ts';
import { everyTrouble, gatewayContract } from '../contracts/gateway.ts';
import { clockAt } from '../../kit/clock.ts';
import { email, sms } from './help.ts';
import { openWebhook, webhookSecret } from './webhook-server.ts';

const clock = clockAt('2026-01-01T12:00:00.999Z');

gatewayContract({
  name: 'webhook',
  message: sms,
  secrets: [webhookSecret],
  troubles: everyTrouble,
  async open(deadline, trouble) {
    const server = await openWebhook(trouble);
    return {
      gateway: createWebhook({ url: `http://${server.host}/sms`, secret: webhookSecret, deadline }, clock),
      taken: () => server.taken().map(({ to, body }) => ({ to, body })),
      mend: server.mend,
      requests: () => server.seen.length,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
});

describe('messages by webhook', () => {
  test('carry what the hook needs, signed with the time at which they left', async () => {
    await using server = await openWebhook();
    const gateway = createWebhook({ url: `http://${server.host}/mail?a=1`, secret: webhookSecret }, clock);
    await gateway.send(email);
    const { channel, to, subject, body } = email;
    assert.deepEqual(server.taken(), [{ channel, to, subject, body }]);
    assert.equal(server.seen[0]?.path, '/mail?a=1');
    assert.equal(server.seen[0]?.headers['countersign-timestamp'], String(Date.parse('2026-01-01T12:00:00Z') / 1000));
    assert.equal(server.seen[0]?.headers['content-type'], 'application/json');
  });

  test('have a signature that anybody can compute from the documents', async () => {
    await using server = await openWebhook();
    const gateway = createWebhook({ url: `http://${server.host}/`, secret: 'sixteen-letters!' }, clock);
    await gateway.send({ channel: 'sms', to: '+12133734253', body: 'hello' });
    // printf '1767268800.{"channel":"sms","to":"+12133734253","body":"hello"}' | openssl dgst -sha256 -hmac 'sixteen-letters!'
    const expected = 'ba468957f7ac76dbea512bfc288b5c640f909907ec8d0df99cbf2371d6585da9';
    assert.equal(server.seen[0]?.headers['countersign-signature'], `v1=${expected}`);
  });

  test('are not taken when the hook has another secret', async () => {
    await using server = await openWebhook();
    const gateway = createWebhook({ url: `http://${server.host}/`, secret: 'another secret of ours' }, clock);
    assert.deepEqual(await gateway.send(sms), { ok: false, reason: 'gateway_failed', detail: 'status 401' });
  });

  const answers = {
    'forbids it': 'not_allowed',
    'says a word that is ours alone': 'gateway_failed',
    'says a word that we do not know': 'gateway_failed',
    'says no JSON': 'gateway_failed',
    'says a word alone': 'gateway_failed',
    'is broken and names the destination': 'gateway_failed',
    'has had enough of us': 'gateway_failed',
  };
  for (const [answer, reason] of Object.entries(answers)) {
    test(`end in ${reason} when the hook ${answer}`, async () => {
      await using server = await openWebhook(answer);
      const delivery = await createWebhook({ url: `http://${server.host}/`, secret: webhookSecret }, clock).send(sms);
      assert.equal(delivery.ok ? 'taken' : delivery.reason, reason);
    });
  }

  test('are taken by 200 alone, whatever the rest of the answer does', async () => {
    await using server = await openWebhook('says yes and no more');
    const gateway = createWebhook({ url: `http://${server.host}/`, secret: webhookSecret, deadline: 10_000 }, clock);
    assert.deepEqual(await gateway.send(sms), { ok: true, value: undefined });
  });

  test('go by the channels that the hook is for', () => {
    const settings = { url: 'https://hooks.example.com/sms', secret: webhookSecret };
    assert.deepEqual(createWebhook(settings, clock).channels, ['sms', 'email']);
    assert.deepEqual(createWebhook({ ...settings, channels: ['sms'] }, clock).channels, ['sms']);
  });

  const bad = {
    'http to another machine': { url: 'http://hooks.example.com/' },
    'http to a machine whose name begins like ours': { url: 'http://localhost.example.com/' },
    'http to a machine whose name ends like ours': { url: 'http://notlocalhost/' },
    'a URL of another kind': { url: 'file:///etc/passwd' },
    'a secret of fifteen characters': { secret: 'x'.repeat(15) },
    'no channel': { channels: [] },
    'a channel of its own': { channels: ['fax' as 'sms'] },
    'a member that it does not know': { method: 'GET' },
  };
  for (const [what, settings] of Object.entries(bad)) {
    test(`are not set up with ${what}`, () => {
      const good = { url: 'https://hooks.example.com/', secret: webhookSecret };
      assert.throws(() => createWebhook({ ...good, ...settings }, clock), SetupError);
    });
  }
});
