/**
 * People are told, at their own address, of what was done in their name. What they are told is a row of the same transaction, so a mail server
 * that fails fails no login and no change, and loses nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { sendNotices } from '../../src/engine/operations.ts';
import { createSmtp } from '../../src/messages/smtp.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { addOAuthApp, singleRequestLogins } from '../../kit/doors.ts';
import { member, startServer, type Answer, type App, type Person, type Server } from '../../kit/server.ts';
import { openMailServer, smtpPassword, smtpUser } from '../../kit/stand-ins/smtp.ts';

const address = 'ada@example.org';

type Ada = Person & { readonly app: App };

/** Somebody with an address and a second factor, who has been told of it. */
async function ada(server: Server): Promise<Ada> {
  const person = await server.addPerson('ada', { email: address });
  const app = await server.addApp(person);
  await sendNotices(server.countersign.context);
  return { ...person, app };
}

const backupLogin =
  (door: string) =>
  async (server: Server, who: Ada): Promise<Answer> => {
    const backup_code = member(await server.call('GET', '/mfa/recovery', { bearer: who.token }), 'backup_code');
    const login = singleRequestLogins(await addOAuthApp(server))[door] ?? assert.fail(door);
    return login(server.call, who, { backup_code });
  };

type Deed = {
  readonly does: (server: Server, who: Ada) => Promise<Answer>;
  /** The notices of it, and what the last one speaks of. */
  readonly names: readonly string[];
  readonly says: RegExp;
};

const deeds: Readonly<Record<string, Deed>> = {
  'a new password': {
    does: (server, { token: bearer }) =>
      server.call('POST', '/users/me/secrets', {
        bearer,
        json: { type: 'password', secret: 'another one altogether' },
      }),
    names: ['password_changed'],
    says: /password/i,
  },
  'a new address, at the old one': {
    does: (server, { token: bearer }) =>
      server.call('PATCH', '/users/me', { bearer, json: { email: 'ada@example.net' } }),
    names: ['profile_changed'],
    says: /name, e-mail address or phone number/,
  },
  'a login with the backup code': {
    does: backupLogin('POST /mfa/authtoken/login'),
    names: ['recovery_codes_renewed', 'mfa_disabled'],
    says: /off|disabled/i,
  },
  'a login with the backup code at the OAuth2 door': {
    does: backupLogin('POST /mfa/oauth2/token'),
    names: ['recovery_codes_renewed', 'mfa_disabled'],
    says: /off|disabled/i,
  },
  'a login with a recovery code': {
    async does(server, who) {
      const json = { token: who.app.codes[0], challenge_token: await server.challenge(who) };
      return server.call('POST', '/auth/totp', { json });
    },
    names: ['recovery_code_used'],
    says: /recovery code/i,
  },
};

const waiting = async ({ countersign }: Server) =>
  (await countersign.context.store.db.selectFrom('notices').select(['name', 'tries']).orderBy('at').execute()).map(
    ({ name, tries }) => `${name} ${tries}`,
  );

onEachDatabase('people are told', (on) => {
  for (const [what, { does, names, says }] of Object.entries(deeds)) {
    test(`of ${what}, at their address and without a code`, async () => {
      await using server = await startServer({ on });
      const who = await ada(server);
      const before = server.sent.length;
      assert.equal((await does(server, who)).status, 200);
      assert.equal(server.sent.length, before, 'the request waited for the mail');
      assert.deepEqual((await waiting(server)).toSorted(), names.map((name) => `${name} 0`).toSorted());
      assert.equal(await sendNotices(server.countersign.context), names.length);
      const letters = server.sent.slice(before);
      for (const { channel, to, code } of letters) assert.deepEqual([channel, to, code], ['email', address, undefined]);
      assert.ok(
        letters.some(({ body, subject }) => says.test(`${subject} ${body}`)),
        JSON.stringify(letters),
      );
      assert.deepEqual(await waiting(server), []);
      assert.equal(await sendNotices(server.countersign.context), 0);
    });

    test(`of ${what} later, when the mail server fails: the request succeeds all the same`, async () => {
      await using mail = await openMailServer({ trouble: 'is broken' });
      const login = { user: smtpUser, password: smtpPassword, from: smtpUser, deadline: 10_000 };
      const gateways = [createSmtp({ ...login, host: '127.0.0.1', port: mail.port })];
      await using server = await startServer({ on, gateways });
      const who = await ada(server);
      const told = await waiting(server);
      assert.equal((await does(server, who)).status, 200);
      const now = await waiting(server);
      assert.equal(now.length, told.length + names.length);
      assert.equal(await sendNotices(server.countersign.context), 0);
      assert.equal((await waiting(server)).length, now.length);
      mail.mend();
      server.clock.tick(2 * minute);
      assert.equal(await sendNotices(server.countersign.context), now.length);
      assert.deepEqual([mail.letters.length, await waiting(server)], [now.length, []]);
      for (const { to } of mail.letters) assert.deepEqual(to, [address]);
    });
  }
});
