import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { stopwatch } from '../../src/base/clock.ts';
import { SetupError } from '../../src/base/fault.ts';
import { createSmtp } from '../../src/messages/smtp.ts';
import {
  certificate,
  mailReplies,
  openMailServer,
  smtpPassword,
  smtpUser,
  type MailOptions,
} from '../../kit/stand-ins/smtp.ts';
import { selfSigned } from '../../kit/stand-ins/certificate.ts';
import { email } from './help.ts';
import { readLetter } from './letters.ts';

// The operator's authority, as NODE_EXTRA_CA_CERTS would bring it.
setDefaultCACertificates([...getCACertificates('default'), certificate.cert]);

const login = { user: smtpUser, password: smtpPassword, from: 'login@example.com' };

type Settings = Partial<Parameters<typeof createSmtp>[0]>;

/** Sends one letter to a mail server of its own. */
async function sendOne(options: MailOptions, settings: Settings = {}, message = email) {
  await using server = await openMailServer(options);
  const gateway = createSmtp({ ...login, host: '127.0.0.1', port: server.port, ...settings });
  const delivery = await gateway.send(message);
  gateway.close?.();
  return { delivery, server };
}

describe('e-mail by SMTP', { concurrency: 8 }, () => {
  test('goes over TLS after STARTTLS where that is required', async () => {
    const { delivery, server } = await sendOne({ tls: 'starttls' }, { tls: 'required' });
    assert.equal(delivery.ok, true);
    assert.deepEqual(
      server.letters.map(({ from, to, secure }) => ({ from, to, secure })),
      [{ from: 'login@example.com', to: [email.to], secure: true }],
    );
  });

  test('goes over TLS from the first byte with smtps', async () => {
    const { delivery, server } = await sendOne({ tls: 'secure' }, { secure: true });
    assert.equal(delivery.ok, true);
    assert.equal(server.letters[0]?.secure, true);
  });

  test('never goes, nor does the password, to a server that offers no TLS where that is required', async () => {
    const { delivery, server } = await sendOne({ tls: 'none' }, { tls: 'required' });
    assert.equal(delivery.ok, false);
    assert.equal(server.logins(), 0);
    assert.equal(server.letters.length, 0);
  });

  // 0.0.0.0 reaches this machine and is not its name, so it stands for another one here.
  test('requires TLS of every other machine', async () => {
    const { delivery, server } = await sendOne({ tls: 'none' }, { host: '0.0.0.0' });
    assert.equal(delivery.ok, false);
    assert.equal(server.logins(), 0);
  });

  test('goes to this machine without TLS, whose certificate nobody vouches for', async () => {
    const { delivery, server } = await sendOne({ tls: 'offered', identity: selfSigned() });
    assert.equal(delivery.ok, true);
    assert.equal(server.letters[0]?.secure, false);
  });

  test('goes to another machine without TLS where the operator says so', async () => {
    const { delivery } = await sendOne({ tls: 'none' }, { host: '0.0.0.0', tls: 'off' });
    assert.equal(delivery.ok, true);
  });

  for (const tls of ['starttls', 'secure'] as const) {
    test(`never goes to a server whose certificate nobody vouches for (${tls})`, async () => {
      const settings: Settings = { tls: 'required', secure: tls === 'secure' };
      const { delivery, server } = await sendOne({ tls, identity: selfSigned() }, settings);
      assert.match(delivery.ok ? '' : (delivery.detail ?? ''), /SELF_SIGNED/);
      assert.equal(server.logins(), 0);
    });
  }

  test('is our own fault when the password is wrong', async () => {
    const { delivery } = await sendOne({}, { password: 'wrong' });
    assert.deepEqual(delivery, { ok: false, reason: 'gateway_failed', detail: 'EAUTH 535 5.7.8' });
  });

  test('is our own fault when there is no login where one is needed', async () => {
    const { delivery } = await sendOne({}, { user: undefined, password: undefined });
    assert.equal(delivery.ok ? 'taken' : delivery.reason, 'gateway_failed');
  });

  /** Where the server says so, in a code, the address is no good. All else is our trouble, or passes. */
  const badAddress = ['refuses the destination', 'no such domain', 'refused after data', 'domain takes no mail'];
  for (const trouble of mailReplies) {
    const reason = badAddress.includes(trouble) ? 'invalid_destination' : 'gateway_failed';
    test(`ends in ${reason} when the server's answer is: ${trouble}`, async () => {
      const { delivery, server } = await sendOne({ trouble });
      assert.equal(delivery.ok ? 'taken' : delivery.reason, reason);
      assert.equal(server.letters.length, 0);
    });
  }

  test('is plain text from us to one person, and asks for no answer', async () => {
    const { server } = await sendOne({}, {}, { ...email, subject: 'Código für Ω' });
    const { headers } = readLetter(server.letters[0]?.source ?? '');
    assert.equal(headers.get('from'), 'login@example.com');
    assert.equal(headers.get('to'), email.to);
    assert.equal(headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.equal(headers.get('auto-submitted'), 'auto-generated');
    assert.match(headers.get('subject') ?? '', /^=\?UTF-8\?[BQ]\?/);
  });

  const injections = {
    'another header in the subject': { subject: 'Hello\r\nBcc: mallory@example.com\r\nX-Evil: 1' },
    'a body in the subject': { subject: 'Hello\r\n\r\nEvil' },
    'another header in the address': { to: 'alice@example.com\r\nBcc: mallory@example.com' },
    'another command in the address': { to: 'alice@example.com>\r\nRCPT TO:<mallory@example.com' },
    'a second address': { to: 'alice@example.com, mallory@example.com' },
    'a second address after a semicolon': { to: 'alice@example.com; mallory@example.com' },
    'a group of addresses': { to: 'friends: alice@example.com, mallory@example.com;' },
    'another command in the body': { body: 'Hello\r\n.\r\nRCPT TO:<mallory@example.com>\r\n' },
  };
  for (const [what, change] of Object.entries(injections)) {
    test(`goes to nobody else and says nothing else with ${what}`, async () => {
      const { server } = await sendOne({}, {}, { ...email, ...change });
      for (const { to, source } of server.letters) {
        assert.equal(to.length, 1);
        assert.equal(['mallory@example.com', 'friends'].includes(to[0] ?? ''), false);
        const { headers } = readLetter(source);
        assert.deepEqual([headers.has('bcc'), headers.has('x-evil'), headers.has('cc')], [false, false, false]);
      }
      assert.ok(server.letters.length <= 1);
    });
  }

  test('is not sent twice when the server takes it and hangs up before it says so', async () => {
    const { delivery, server } = await sendOne({ trouble: 'takes it and hangs up' });
    assert.equal(delivery.ok ? 'taken' : delivery.reason, 'gateway_failed');
    assert.equal(server.letters.length, 1);
  });

  test('goes out over a new connection when the server has closed the one that waited', async () => {
    await using server = await openMailServer();
    const gateway = createSmtp({ ...login, host: '127.0.0.1', port: server.port });
    assert.equal((await gateway.send(email)).ok, true);
    await server.hangUp();
    assert.equal((await gateway.send(email)).ok, true);
    assert.deepEqual([server.letters.length, server.connections()], [2, 2]);
    gateway.close?.();
  });

  for (const trouble of ['says nothing', 'talks slowly', 'stops in the middle']) {
    test(`leaves no connection behind when its time is over and the server ${trouble}`, async () => {
      await using server = await openMailServer({ trouble });
      const gateway = createSmtp({ ...login, host: '127.0.0.1', port: server.port, deadline: 300 });
      assert.equal((await gateway.send(email)).ok, false);
      await server.quiet();
    });
  }

  test('keeps no connection that has waited for as long as a letter may take', async () => {
    await using server = await openMailServer();
    const gateway = createSmtp({ ...login, host: '127.0.0.1', port: server.port, deadline: 1000 });
    assert.equal((await gateway.send(email)).ok, true);
    const seconds = stopwatch();
    await server.quiet();
    assert.ok(seconds() < 4);
  });

  test('takes one connection for one letter after another', async () => {
    await using server = await openMailServer();
    const gateway = createSmtp({ ...login, host: '127.0.0.1', port: server.port });
    for (let sent = 0; sent < 3; sent += 1) assert.equal((await gateway.send(email)).ok, true);
    assert.equal(server.connections(), 1);
    gateway.close?.();
    await server.quiet();
  });

  test('is not sent any more once the gateway is closed', async () => {
    await using server = await openMailServer();
    const gateway = createSmtp({ ...login, host: '127.0.0.1', port: server.port });
    gateway.close?.();
    assert.equal((await gateway.send(email)).ok, false);
  });

  const bad = {
    'a user alone': { password: undefined },
    'a sender that is no address': { from: 'Countersign' },
    'two senders': { from: 'a@example.com, b@example.com' },
    'a port that is none': { port: 70_000 },
    'a host with a path': { host: 'mail.example.com/x' },
    'no host': { host: '' },
    'another word about TLS': { tls: 'maybe' as 'off' },
    'a member that it does not know': { ignoreTLS: true },
  };
  for (const [what, settings] of Object.entries(bad)) {
    test(`is not set up with ${what}, and the password is not repeated`, () => {
      assert.throws(
        () => createSmtp({ ...login, host: '127.0.0.1', ...settings }),
        (error) => error instanceof SetupError && !error.message.includes(smtpPassword),
      );
    });
  }
});
