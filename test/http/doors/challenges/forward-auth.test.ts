/** What a proxy is told before it lets a request through (RFC 9470). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../../../src/base/clock.ts';
import { assertSaid, member, startServer } from '../../../../kit/server.ts';
import { addApp, grant, tokensOf } from '../oauth2/help.ts';

test('a session of one factor passes where that is enough, and the proxy learns whose it is', async () => {
  await using server = await startServer();
  const ada = await server.addPerson('ada');
  const answer = await server.call('GET', '/forward-auth', { bearer: ada.token });
  assert.equal(answer.status, 204);
  const said = ['x-auth-user', 'x-auth-acr', 'x-auth-amr'].map((name) => answer.headers.get(name));
  assert.deepEqual(said, [ada.uid, 'aal1', 'pwd']);
});

test('who lacks the second factor is told to step up, in the words of RFC 9470', async () => {
  await using server = await startServer();
  const ada = await server.addPerson('ada');
  const answer = await server.call('GET', '/forward-auth?acr_values=aal2&max_age=300', { bearer: ada.token });
  assert.equal(member(answer, 'code'), 'insufficient_user_authentication');
  assert.equal(
    answer.headers.get('www-authenticate'),
    'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="300"',
  );
  const plain = await server.call('GET', '/forward-auth?amr=hwk', { bearer: ada.token });
  assert.equal(plain.headers.get('www-authenticate'), 'Bearer error="insufficient_user_authentication"');
});

test('a session that stepped up passes until that is too long ago', async () => {
  await using server = await startServer();
  const person = await server.addPerson('ada');
  const app = await server.addApp(person);
  server.clock.tick(minute);
  const bearer = await server.logIn(person, server.code(app));
  const ask = async (token = bearer) =>
    (await server.call('GET', '/forward-auth?acr_values=aal2&max_age=300', { bearer: token })).status;
  assert.equal(await ask(), 204);
  server.clock.tick(5 * minute + 1);
  assert.equal(await ask(), 401);
  const made = await server.call('POST', '/challenges', { bearer, json: {} });
  const json = { code: server.code(app) };
  const stepped = await server.call('POST', `/challenges/${member(made, 'id')}/verify`, { bearer, json });
  assert.equal(await ask(member(stepped, 'token')), 204);
});

test("a client's token passes only where the proxy names that client", async () => {
  await using server = await startServer();
  const ada = await server.addPerson('ada');
  const [app, other] = [await addApp(server), await addApp(server)];
  const bearer = tokensOf(await grant(server, app, ada)).access;
  for (const query of ['', `?client=${other.id}`, '?acr_values=aal1'])
    assertSaid(await server.call('GET', `/forward-auth${query}`, { bearer }), '403 insufficient_scope', query);
  for (const query of [`?client=${app.id}`, `?client=${other.id}%20${app.id}`])
    assert.equal((await server.call('GET', `/forward-auth${query}`, { bearer })).status, 204, query);
  assert.equal((await server.call('GET', `/forward-auth?client=${app.id}`, { bearer: ada.token })).status, 204);
  const foreign = await server.call('GET', `/forward-auth?client=${app.id}&acr_values=aal2`, { bearer });
  assert.equal(foreign.status, 401);
  // The library asks the same question.
  const { sessions } = server.countersign.as(bearer);
  assert.equal((await sessions.assure({})).ok, false);
  assert.equal((await sessions.assure({ clients: [app.id] })).ok, true);
});

test('nobody, a revoked session and a question that makes no sense do not pass', async () => {
  await using server = await startServer();
  const { token: bearer } = await server.addPerson('ada');
  assert.equal((await server.call('GET', '/forward-auth')).status, 401);
  for (const query of ['acr_values=aal3', 'max_age=-1', 'max_age=soon', 'amr=', 'amr=a%0Db', 'client=', 'client=app'])
    assert.equal((await server.call('GET', `/forward-auth?${query}`, { bearer })).status, 400, query);
  await server.call('DELETE', '/sessions/current', { bearer });
  assert.equal((await server.call('GET', '/forward-auth', { bearer })).status, 401);
});
