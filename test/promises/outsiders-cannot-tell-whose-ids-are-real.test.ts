/** To somebody who is logged in, and to an administrator of another account, the ids of others look like ids that do not exist. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strangers, type Cast } from '../http/catalogue.ts';
import { goodRequests, send } from '../http/good-requests.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import type { Answer, Person, Server } from '../../kit/server.ts';
import { tenant } from '../http/doors/crossbar/door.ts';
import { assertAlike, start, town } from './outsiders.ts';

onEachDatabase('outsiders cannot tell whose ids are real', (on) => {
  test('from the ids in a path: another’s are answered like nobody’s, at every route and with good requests', async () => {
    await using server = await start(on);
    const { ada, mfa, app, foreign, clients } = await town(server);
    const bearer = mfa.token;
    const [hers] = (await server.call('GET', '/users/me/secrets', { bearer: ada.token })).json as { uid: string }[];
    const [session] = (await server.call('GET', '/sessions', { bearer: ada.token })).json as { sid: string }[];
    const another: Cast = {
      uid: ada.uid,
      secretId: hers?.uid ?? '',
      pendingId: hers?.uid ?? '',
      sid: session?.sid ?? '',
      code: '123456',
      clientId: clients.here,
    };
    const own: Cast = { ...another, uid: mfa.uid };
    const unknown: Cast = { ...strangers, uid: mfa.uid };
    await assertSame(server, bearer, {
      another,
      'of another account': { ...another, uid: foreign.uid, clientId: clients.elsewhere },
      nobody: strangers,
    });
    await assertSame(server, bearer, { own, unknown });
    // Nothing happened to her.
    assert.ok(await server.logIn(ada));
    assert.ok(await server.logIn(mfa, app.codes[9]));
  });

  test('from the ids in a path: to an administrator those of another account are nobody’s', async () => {
    await using server = await start(on);
    const { foreign, ada } = await town(server);
    const acme = await tenant(server, 'root', 'acme');
    const before = (await server.rows())['clients'];
    const [his] = (await server.call('GET', '/users/me/secrets', { bearer: foreign.token })).json as { uid: string }[];
    const [session] = (await server.call('GET', '/sessions', { bearer: foreign.token })).json as { sid: string }[];
    const secretId = his?.uid ?? '';
    const ids = { uid: foreign.uid, secretId, pendingId: secretId, sid: session?.sid ?? '' };
    const another: Cast = { ...ids, code: '123456' };
    await assertSame(server, acme.token, { another, nobody: strangers });
    await assertSame(server, acme.token, {
      another: { ...another, uid: ada.uid },
      nobody: { ...strangers, uid: ada.uid },
    });
    assert.equal((await server.call('GET', '/users/me', { bearer: foreign.token })).status, 200);
    assert.deepEqual((await server.rows())['clients'], before);
  });
});

/** Sends good requests about each of the casts to every route with ids in its path. */
async function assertSame(
  server: Server,
  bearer: Person['token'],
  casts: Readonly<Record<string, Cast>>,
): Promise<void> {
  const routes = server.countersign.routes.filter(({ path }) => path.includes('{'));
  const columns = Object.entries(casts).map(([name, cast]) => [name, goodRequests(routes, cast)] as const);
  const differing = (columns[0]?.[1] ?? []).flatMap((good, at) =>
    columns.every(([, goods]) => goods[at]?.path === good.path) ? [] : [at],
  );
  assert.ok(differing.length > 3);
  for (const at of differing) {
    const answers: Record<string, Answer> = {};
    for (const [name, goods] of columns) answers[name] = await send(server, goods[at] ?? assert.fail(), { bearer });
    assertAlike(answers);
    assert.ok(Object.values(answers).every(({ status }) => status === 404 || status === 403));
  }
}
