import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { countersign, errorLineOf, newFolder, serve } from '../../kit/process.ts';
import { openMailServer, smtpPassword, smtpUser } from '../../kit/stand-ins/smtp.ts';
import { openTwilio, twilioAccount, twilioFrom, twilioToken } from '../../kit/stand-ins/twilio.ts';

const outbox = (folder: string) => {
  const lines = readFileSync(join(folder, 'outbox.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Readonly<Record<string, string | null>>);
};
const twilio = (host: string, token = twilioToken) =>
  `twilio://${twilioAccount}:${token}@${host}?from=${encodeURIComponent(twilioFrom)}`;
const mail = (port: number) =>
  `smtp://${encodeURIComponent(smtpUser)}:${encodeURIComponent(smtpPassword)}@127.0.0.1:${port}?from=login@example.com`;

describe('a test message', { concurrency: 3 }, () => {
  test('goes into the outbox, in the form that its channel has, and no gateway sees it', async () => {
    await using server = await openTwilio();
    const folder = newFolder();
    const env = { COUNTERSIGN_OUTBOX: 'outbox.jsonl', COUNTERSIGN_GATEWAYS: twilio(server.host) };
    const ended = await countersign(['message', 'test', 'sms', '2025550123'], { folder, env });
    assert.deepEqual(ended, { code: 0, stdout: 'sms: outbox accepted the message to +12025550123\n', stderr: '' });
    await countersign(['message', 'test', 'email', 'ada@EXAMPLE.com'], { folder, env });
    assert.deepEqual(
      outbox(folder).map(({ channel, to, code }) => [channel, to, code]),
      [
        ['sms', '+12025550123', null],
        ['email', 'ada@example.com', null],
      ],
    );
    assert.match(String(outbox(folder)[0]?.['body']), /^This is a test message/);
    assert.equal(statSync(join(folder, 'outbox.jsonl')).mode & 0o777, 0o600);
    assert.equal(server.seen.length, 0);
  });

  test('goes to Twilio and to a mail server, each by its channel', async () => {
    await using server = await openTwilio();
    await using mails = await openMailServer();
    const env = { COUNTERSIGN_GATEWAYS: `${mail(mails.port)} ${twilio(server.host)}` };
    const text = await countersign(['message', 'test', 'sms', '+12025550123'], { env });
    assert.deepEqual(text, {
      code: 0,
      stdout: `sms: twilio ${server.host} accepted the message to +12025550123\n`,
      stderr: '',
    });
    const letter = await countersign(['message', 'test', 'email', 'ada@example.com'], { env });
    assert.match(letter.stdout, /^email: smtp 127\.0\.0\.1 accepted the message to ada@example\.com\n$/);
    assert.deepEqual([letter.code, letter.stderr], [0, '']);
  });

  test('that a later gateway takes says what the earlier ones said', async () => {
    await using server = await openTwilio();
    const folder = newFolder();
    const wrong = twilio(server.host, 'f'.repeat(32));
    const env = { COUNTERSIGN_GATEWAYS: `${wrong} outbox:${join(folder, 'outbox.jsonl')}` };
    const { code, stdout } = await countersign(['message', 'test', 'sms', '+12025550123'], { folder, env });
    assert.equal(code, 0);
    assert.match(stdout, /^sms: outbox accepted the message to .*\nbefore, twilio \S+ declined: .+\n$/);
    assert.equal(outbox(folder).length, 1);
  });

  test('that nothing takes is refused in one line that says why, without a secret', async () => {
    await using server = await openTwilio();
    const token = 'f'.repeat(32);
    const ended = await countersign(['message', 'test', 'sms', '+12025550123'], {
      env: { COUNTERSIGN_GATEWAYS: twilio(server.host, token) },
    });
    const said = errorLineOf(ended, 1);
    assert.match(said, /^countersign: sms: no gateway accepted the message \(twilio \S+ declined: .+\)$/);
    assert.ok(!said.includes(token));
  });

  test('for which there is no gateway is refused, and the variable is named', async () => {
    for (const [channel, to] of [
      ['sms', '+12025550123'],
      ['email', 'ada@example.com'],
    ] as const) {
      const said = errorLineOf(await countersign(['message', 'test', channel, to]), 1);
      assert.match(said, new RegExp(`^countersign: ${channel}: no gateway is configured .*COUNTERSIGN_GATEWAYS$`));
    }
  });

  test('reads a number in the region that is set', async () => {
    const env = { COUNTERSIGN_OUTBOX: 'outbox.jsonl', COUNTERSIGN_DEFAULT_REGION: 'DE' };
    const { stdout } = await countersign(['message', 'test', 'sms', '03012345678'], { env });
    assert.equal(stdout, 'sms: outbox accepted the message to +493012345678\n');
  });
});

describe('a server says at its start which channels can send', { concurrency: 3 }, () => {
  const said = (lines: readonly string[]) =>
    lines
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
      .filter((line) => 'channels' in line)
      .map(({ level, channels, gateways }) => ({ level, channels, ...(gateways !== undefined && { gateways }) }));

  test('none, with nothing set', async () => {
    const server = await serve();
    await server.logged(/no gateway sends on these channels/);
    assert.deepEqual(said(server.stderr), [
      { level: 'info', channels: [], gateways: [] },
      { level: 'warn', channels: ['sms', 'email'] },
    ]);
  });

  test('one, with a mail server, and not what its URL holds beside the host', async () => {
    const env = { COUNTERSIGN_GATEWAYS: 'smtp://me:hunter2hunter2@mail.example.com?from=a@example.com' };
    const server = await serve({ env });
    await server.logged(/no gateway sends on these channels/);
    assert.deepEqual(said(server.stderr), [
      { level: 'info', channels: ['email'], gateways: ['smtp mail.example.com'] },
      { level: 'warn', channels: ['sms'] },
    ]);
    assert.doesNotMatch(server.stderr.join('\n'), /hunter2/);
  });

  test('both, with an outbox, and no warning', async () => {
    const server = await serve({ env: { COUNTERSIGN_OUTBOX: 'outbox.jsonl' } });
    await server.stop();
    assert.deepEqual(said(server.stderr), [{ level: 'info', channels: ['sms', 'email'], gateways: ['outbox'] }]);
  });
});

describe('a start that can not be is refused in one line', { concurrency: 3 }, () => {
  test('a gateway that is none, named and not repeated', async () => {
    const env = { COUNTERSIGN_GATEWAYS: 'smtp://me:hunter2/hunter2@mail.example.com' };
    for (const args of [['serve'], ['message', 'test', 'sms', '+12025550123']]) {
      const said = errorLineOf(await countersign(args, { env: { ...env, COUNTERSIGN_PORT: '0' } }), 2);
      assert.match(said, /^countersign: COUNTERSIGN_GATEWAYS: gateway 1: /);
      assert.doesNotMatch(said, /hunter2/);
    }
  });

  test('an outbox that can not be written', async () => {
    const env = { COUNTERSIGN_OUTBOX: '/nowhere/outbox.jsonl', COUNTERSIGN_PORT: '0' };
    const said = errorLineOf(await countersign(['serve'], { env }), 2);
    assert.match(
      said,
      /^countersign: COUNTERSIGN_OUTBOX: the outbox \/nowhere\/outbox\.jsonl cannot be written: ENOENT$/,
    );
  });
});

test('a server sends what the operator did as a notice to whom it was done', async () => {
  const server = await serve({ env: { COUNTERSIGN_OUTBOX: 'outbox.jsonl' } });
  const { folder } = server;
  const add = ['user', 'add', 'ada', '--email', 'ada@example.com', '--generate-password'];
  assert.equal((await countersign(add, { folder })).code, 0);
  assert.equal((await countersign(['user', 'password', 'ada', '--generate-password'], { folder })).code, 0);
  await server.logged(/"notices":1,"msg":"notices sent"/);
  assert.deepEqual(
    outbox(folder).map(({ channel, to }) => [channel, to]),
    [['email', 'ada@example.com']],
  );
});
