/** A real nginx, with the configuration that docs/challenges.md shows, asks before it lets a request through. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { minute } from '../../src/base/clock.ts';
import { listen } from '../../src/cli/listen.ts';
import { portOf } from '../../kit/free-port.ts';
import { nginxConfiguration, startNginx } from '../../kit/nginx.ts';
import { member, startServer, type Server } from '../../kit/server.ts';
import { skipWithoutPrograms } from '../../kit/programs.ts';

const reason = skipWithoutPrograms('nginx');

test(
  'a session that stepped up gets through, and the others are told what they lack',
  { skip: reason ?? false },
  async () => {
    await using place = await nginxBefore();
    const { server, url } = place;
    const person = await server.addPerson('ada');
    const ask = (token: string) =>
      oauth.protectedResourceRequest(token, 'GET', new URL(url), new Headers(), null, {
        [oauth.allowInsecureRequests]: true,
      });
    assert.equal((await fetch(url)).status, 401);
    await assert.rejects(ask(person.token), (error) => {
      assert.ok(error instanceof oauth.WWWAuthenticateChallengeError);
      const [challenge] = error.cause;
      const { scheme, parameters } = challenge ?? assert.fail('nothing was asked for');
      assert.deepEqual(
        [scheme, parameters['error'], parameters['acr_values'], parameters['max_age']],
        ['bearer', 'insufficient_user_authentication', 'aal2', '900'],
      );
      return true;
    });

    const app = await server.addApp(person);
    server.clock.tick(minute);
    const bearer = await server.logIn(person, server.code(app));
    server.clock.tick(16 * minute);
    await assert.rejects(ask(bearer));
    const made = await server.call('POST', '/challenges', { bearer, json: {} });
    const json = { code: server.code(app) };
    const done = await server.call('POST', `/challenges/${member(made, 'id')}/verify`, { bearer, json });
    const through = await ask(member(done, 'token'));
    assert.deepEqual([through.status, await through.text()], [200, `for ${person.uid}`]);
  },
);

type Place = AsyncDisposable & { readonly server: Server; readonly url: string };

/** nginx in front of an application that says for whom it was asked, and a server beside it. */
async function nginxBefore(): Promise<Place> {
  const front = await listen('127.0.0.1', 0);
  const server = await startServer();
  front.open(server.countersign.listener);
  const application = createServer((request, response) => response.end(`for ${String(request.headers['x-user'])}`));
  const ports = { fixture: front.port, application: await portOf(application) };
  const nginx = await startNginx((folder, socket) => configuration(folder, socket, ports));
  return {
    server,
    url: `${nginx.url}/`,
    async [Symbol.asyncDispose]() {
      await nginx[Symbol.asyncDispose]();
      application.closeAllConnections();
      await new Promise((resolve) => application.close(resolve));
      await front.close(0);
      await server[Symbol.asyncDispose]();
    },
  };
}

type Ports = { readonly fixture: number; readonly application: number };

/** The page's own, around which stands what a server of one test needs. */
function configuration(folder: string, socket: string, ports: Ports): string {
  const page = readFileSync(new URL('../../docs/challenges.md', import.meta.url), 'utf8');
  const shown = /```nginx\n([^]*?)```/.exec(page)?.[1] ?? assert.fail('the page shows no configuration');
  return nginxConfiguration(
    folder,
    `upstream application { server 127.0.0.1:${ports.application}; }
  server {
    listen unix:${socket};
    ${shown.replaceAll('http://localhost:8000', `http://127.0.0.1:${ports.fixture}`)}
  }`,
  );
}
