import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startServer, type Server } from '../../../../kit/server.ts';
import { addApp, assertError, form, passwordOf, post, tokenPath, tokensOf, type App } from './help.ts';

const challenge = 'Basic realm="countersign", charset="UTF-8"';

/** RFC 6749 section 2.3.1: each part is form-encoded before the two are put together. */
const basicOf = (id: string, secret: string) => {
  const [user, password] = [id, secret].map((part) => new URLSearchParams({ part }).toString().slice('part='.length));
  return `Basic ${btoa(`${user}:${password}`)}`;
};

function ask(server: Server, authorization: string, more: Readonly<Record<string, string>> = {}) {
  const body = new URLSearchParams({ ...passwordOf(server.admin), ...more }).toString();
  const headers = { Authorization: authorization, 'Content-Type': form };
  return server.call('POST', tokenPath, { body, headers });
}

const encodedWhole = (text: string) =>
  Array.from(text, (sign) => `%${sign.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');

describe('a client', () => {
  test('proves itself with Basic, whose parts are form-encoded, or in the body', async () => {
    await using server = await startServer();
    const app = await addApp(server);
    tokensOf(await ask(server, basicOf(app.id, app.secret)));
    tokensOf(await ask(server, `Basic ${btoa(`${encodedWhole(app.id)}:${encodedWhole(app.secret)}`)}`));
    tokensOf(await ask(server, basicOf(app.id, app.secret), { client_id: app.id }));
    tokensOf(await post(server, tokenPath, passwordOf(server.admin), app));
  });

  test('that proves itself in neither way, in both, or wrongly is 401 with a challenge', async () => {
    await using server = await startServer();
    const [app, other] = [await addApp(server), await addApp(server)];
    const own = { client_id: app.id, client_secret: app.secret };
    const unknown = { id: '00000000-0000-0000-0000-000000000000', secret: app.secret };
    const wrong = passwordOf(server.admin);
    const answers = {
      neither: await post(server, tokenPath, wrong),
      'no secret': await post(server, tokenPath, wrong, { ...app, secret: '' }),
      'an empty secret': await post(server, tokenPath, { ...wrong, client_id: app.id, client_secret: '' }),
      "another's secret": await post(server, tokenPath, wrong, { ...app, secret: other.secret }),
      'nobody in the body': await post(server, tokenPath, wrong, unknown),
      'nobody in Basic': await ask(server, basicOf(unknown.id, unknown.secret)),
      'a wrong secret in Basic': await ask(server, basicOf(app.id, `${app.secret}x`)),
      'a secret with more after it': await ask(server, `Basic ${btoa(`${app.id}:${app.secret}&x`)}`),
      both: await ask(server, basicOf(app.id, app.secret), own),
      'two clients': await ask(server, basicOf(app.id, app.secret), { client_id: other.id }),
      'no Basic': await ask(server, `Bearer ${server.admin.token}`, own),
      'Basic that is none': await ask(server, 'Basic !', own),
    };
    for (const [what, answer] of Object.entries(answers)) {
      assertError(answer, 401, 'invalid_client');
      assert.equal(answer.headers.get('www-authenticate'), challenge, what);
    }
    const descriptions = new Set(Object.values(answers).map(({ text }) => text));
    assert.equal(descriptions.size, 1, 'none tells more than another');
  });

  test('that is public shows its id alone', async () => {
    await using server = await startServer();
    const phone: App = await addApp(server, { public: true });
    assert.equal(phone.secret, '');
    tokensOf(await post(server, tokenPath, passwordOf(server.admin), phone));
    for (const secret of ['x', '']) {
      const members = { ...passwordOf(server.admin), client_id: phone.id, client_secret: secret };
      assertError(await post(server, tokenPath, members), 401, 'invalid_client');
    }
    assertError(await ask(server, basicOf(phone.id, '')), 401, 'invalid_client');
    const bearer = await ask(server, `Bearer ${server.admin.token}`, { client_id: phone.id });
    assertError(bearer, 401, 'invalid_client');
  });

  test('is asked for at every one of the endpoints', async () => {
    await using server = await startServer();
    for (const path of ['/oauth2/introspect', '/oauth2/revoke']) {
      const answer = await post(server, path, { token: server.admin.token });
      assertError(answer, 401, 'invalid_client');
      assert.equal(answer.headers.get('www-authenticate'), challenge);
    }
  });
});
