import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member, startServer, type Server } from '../../../../kit/server.ts';

type Session = { readonly sid: string; readonly current: boolean; readonly [member: string]: unknown };

const list = async (server: Server, bearer: string) =>
  (await server.call('GET', '/sessions', { bearer })).json as Session[];
const works = async (server: Server, bearer: string) =>
  (await server.call('GET', '/users/me', { bearer })).status === 200;

onEachDatabase('sessions', (on) => {
  test('GET /sessions lists your own sessions in force, the newest first, and says which one asks', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    server.clock.tick(minute);
    const later = await server.logIn(ada);
    const sessions = await list(server, later);
    assert.deepEqual(
      sessions.map(({ current }) => current),
      [true, false],
    );
    assert.deepEqual(
      (await list(server, ada.token)).map(({ current }) => current),
      [false, true],
    );
    const { sid, ...rest } = sessions[0] ?? assert.fail();
    assert.match(sid, /^[0-9a-f-]{36}$/);
    assert.deepEqual(rest, {
      current: true,
      auth_module: 'password',
      amr: ['pwd'],
      acr: 'aal1',
      auth_time: '2026-11-21T12:01:00.000Z',
      expires_at: '2026-11-21T13:01:00.000Z',
      client_ip: '192.0.2.1',
      user_agent: null,
    });
  });

  test('a session tells how it was made', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const made = await server.call('POST', '/users/me/secrets', { bearer: ada.token, json: { type: 'apikey' } });
    const app = await server.addApp(ada);
    await server.logIn(ada, server.code(app));
    await server.call('GET', '/auth/password', { basic: ['ada', member(made, 'secret')] });
    const told = (await list(server, ada.token)).map(({ auth_module, amr, acr }) => ({ auth_module, amr, acr }));
    assert.deepEqual(
      new Set(told.map((one) => JSON.stringify(one))),
      new Set([
        '{"auth_module":"apikey","amr":["apikey"],"acr":"aal1"}',
        '{"auth_module":"password","amr":["pwd","otp","mfa"],"acr":"aal2"}',
      ]),
    );
    // The session of the enrolment, which proved the app too, and the two logins.
    assert.equal(told.length, 3);
  });

  test('DELETE /sessions/current ends this session alone, at once', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const other = await server.logIn(ada);
    const ended = await server.call('DELETE', '/sessions/current', { bearer: ada.token });
    assert.deepEqual([ended.status, ended.text], [204, '']);
    assert.equal(await works(server, ada.token), false);
    assert.equal(await works(server, other), true);
    assert.equal(
      member(await server.call('DELETE', '/sessions/current', { bearer: ada.token }), 'code'),
      'invalid_token',
    );
  });

  test('DELETE /sessions/{sid} ends one of your own sessions at once, and once', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const other = await server.logIn(ada);
    const sid = (await list(server, other)).find(({ current }) => current)?.sid ?? '';
    assert.equal((await server.call('DELETE', `/sessions/${sid}`, { bearer: ada.token })).status, 204);
    assert.equal(await works(server, other), false);
    assert.equal(await works(server, ada.token), true);
    assert.deepEqual(
      (await list(server, ada.token)).map(({ current }) => current),
      [true],
    );
    assert.equal((await server.call('DELETE', `/sessions/${sid}`, { bearer: ada.token })).status, 404);
  });
});
