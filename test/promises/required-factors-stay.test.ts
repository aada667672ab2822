/**
 * Users do not remove a factor without which they would no longer meet what their account requires, at no door, and Deux's backup code logs in
 * without switching it off. An administrator's removal can.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enableSms, tokenOf } from '../../kit/doors.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { atOnce, twoNodes } from '../../kit/nodes.ts';
import { assertSaid, member, startServer, type Server } from '../../kit/server.ts';
import { door } from '../http/doors/crossbar/door.ts';
import { modules, one, provider, requiring } from '../http/doors/crossbar/security-help.ts';

/** Requires an app of a login method, in the root account. */
async function requireApp(server: Server, authModule: string) {
  await provider(server, one, 'totp', null);
  await door(server)(200, 'POST', 'accounts/root/security', modules(requiring(), authModule));
}

const remove = (server: Pick<Server, 'call'>, bearer: string, id: string, uid = 'me') =>
  server.call('DELETE', `/users/${uid}/secrets/${id}`, { bearer });

const isEnabled = async (server: Server, bearer: string) =>
  ((await server.call('GET', '/mfa', { bearer })).json as { readonly enabled: boolean }).enabled;

onEachDatabase('a required factor', (on) => {
  for (const authModule of ['user_auth', 'oauth2', 'apikey']) {
    test(`of ${authModule} is not removed by its user, at any door, and is by an administrator`, async () => {
      await using server = await startServer({ on });
      const ada = await server.addPerson('ada');
      const app = await server.addApp(ada);
      await requireApp(server, authModule);
      const { attempts: _log, ...before } = await server.rows();
      assertSaid(await remove(server, ada.token, app.secretId), '409 required_by_policy');
      const off = await server.call('DELETE', '/mfa', { bearer: ada.token });
      assert.deepEqual([off.status, Object.keys(off.json as object)], [400, ['detail']], off.text);
      const { attempts: _same, ...after } = await server.rows();
      assert.deepEqual(after, before);
      assert.equal((await remove(server, server.admin.token, app.secretId, ada.uid)).status, 204);
    });
  }

  test('goes when its user has another of its kind, and so does a factor that is not required', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const [app, second] = [await server.addApp(ada), await server.addApp(ada)];
    await enableSms(server, ada);
    await requireApp(server, 'password');
    const { json } = await server.call('GET', '/mfa', { bearer: ada.token });
    const { factors } = json as { readonly factors: readonly { readonly id: string; readonly type: string }[] };
    const sms = factors.find(({ type }) => type === 'sms')?.id ?? '';
    assert.equal((await remove(server, ada.token, sms)).status, 204);
    assert.equal((await remove(server, ada.token, app.secretId)).status, 204);
    assertSaid(await remove(server, ada.token, second.secretId), '409 required_by_policy');
    await door(server)(200, 'DELETE', 'accounts/root/security');
    assert.equal((await server.call('DELETE', '/mfa', { bearer: ada.token })).status, 204);
  });

  test('stays where its user removes the last two at once, on two nodes', async () => {
    await using town = await twoNodes(on);
    const ada = await town.addPerson('ada');
    const apps = [await town.addApp(ada), await town.addApp(ada)];
    await requireApp(town, 'password');
    const answers = await atOnce(town, 2, (call, at) => remove({ call }, ada.token, apps[at]?.secretId ?? ''));
    assert.equal(answers.filter(({ status }) => status === 204).length, 1);
    assert.equal(await isEnabled(town, ada.token), true);
  });

  test('stays after a login with the backup code, which works once', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const app = await server.addApp(ada);
    const backup_code = member(await server.call('GET', '/mfa/recovery', { bearer: ada.token }), 'backup_code');
    await requireApp(server, 'password');
    const json = { username: ada.name, password: ada.password, backup_code };
    const logIn = (path: string) => server.call('POST', path, { json });
    const bearer = tokenOf(await logIn('/mfa/authtoken/login')) ?? assert.fail('no token');
    assert.equal(await isEnabled(server, bearer), true);
    assert.equal((await logIn('/mfa/authtoken/login')).status, 400);
    assert.ok(await server.logIn(ada, server.code(app)));
    // Another code can be made, and where nothing is required any more it switches off as Deux does.
    await door(server)(200, 'DELETE', 'accounts/root/security');
    json.backup_code = member(await server.call('GET', '/mfa/recovery', { bearer }), 'backup_code');
    const last = tokenOf(await logIn('/mfa/authtoken/login')) ?? assert.fail('no token');
    assert.equal(await isEnabled(server, last), false);
  });
});
