import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { startServer, type Answer, type Person, type Server } from '../../../../kit/server.ts';
import { enrol, list, make, newApp, secrets, works } from './secrets-help.ts';
import { code } from './help.ts';

onEachDatabase('a change of secrets', (on) => {
  const changes: Readonly<Record<string, (server: Server, ada: Person) => Promise<Answer>>> = {
    'a new apikey': (server, ada) => make(server, ada, { type: 'apikey' }),
    'a new device secret': (server, ada) => make(server, ada, { type: 'device', secret: 'a device made this' }),
    'a new password': (server, ada) =>
      make(server, ada, { type: 'password', secret: 'ada in the garden', currentPassword: ada.password }),
    'an enrolment': async (server, ada) => {
      const app = await newApp(server, ada);
      return enrol(server, ada, app.uid, server.code(app));
    },
  };

  for (const [change, act] of Object.entries(changes)) {
    test(`${change} ends every other session of the user and nobody else's`, async () => {
      await using server = await startServer({ on });
      const [ada, bob] = [await server.addPerson('ada'), await server.addPerson('bob')];
      const other = await server.logIn(ada);
      assert.equal((await act(server, ada)).status, 200);
      const standing = [await works(server, ada.token), await works(server, other), await works(server, bob.token)];
      assert.deepEqual(standing, [true, false, true]);
    });
  }

  const changesWithApp: typeof changes = {
    ...changes,
    'a renewal of the recovery codes': (server, ada) => server.call('POST', `${secrets}/codes`, { bearer: ada.token }),
    'a removal': async (server, ada) => {
      const app = (await list(server, ada.token)).find(({ type }) => type === 'mfa');
      return server.call('DELETE', `${secrets}/${app?.uid}`, { bearer: ada.token });
    },
  };

  for (const [change, act] of Object.entries(changesWithApp)) {
    test(`${change} ends every open challenge of the user`, async () => {
      await using server = await startServer({ on });
      const ada = await server.addPerson('ada');
      const app = await server.addApp(ada);
      const [challenge, other] = [await server.challenge(ada), await server.logIn(ada, app.codes[0])];
      assert.ok((await act(server, ada)).status < 300);
      const json = { token: server.code(app), challenge_token: challenge };
      assert.equal(code(await server.call('POST', '/auth/totp', { json })), '401 invalid_challenge');
      assert.equal(await works(server, other), false);
    });
  }

  test('beginning an enrolment ends nothing', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const other = await server.logIn(ada);
    await newApp(server, ada);
    assert.equal(await works(server, other), true);
  });
});
