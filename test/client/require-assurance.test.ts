/** A resource requires a session with a strong and recent proof, in each framework, with the server in its process or over HTTP. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import { protectedResourceRequest, WWWAuthenticateChallengeError, allowInsecureRequests } from 'oauth4webapi';
import { minute } from '../../src/base/clock.ts';
import type { Judge } from '../../src/client/assurance.ts';
import * as forExpress from '../../src/client/express.ts';
import * as forFastify from '../../src/client/fastify.ts';
import * as forHono from '../../src/client/hono.ts';
import { createClient } from '../../src/client/index.ts';
import type { SessionRequirements } from '../../src/client/types.ts';
import { startServer, type App, type Person, type Server } from '../../kit/server.ts';
import { serve } from './ways.ts';

type Served = AsyncDisposable & { readonly url: string };

/** An application with one resource, `/payments`, which says whose session it was. */
const frameworks: Readonly<Record<string, (judge: Judge, wanted?: SessionRequirements) => Promise<Served>>> = {
  async Express(judge, wanted) {
    const app = express();
    // It would write faults to the terminal.
    app.set('env', 'test');
    app.get('/payments', forExpress.requireAssurance(judge, wanted), (request, response) => {
      response.json(forExpress.sessionOf(request));
    });
    return serve(app);
  },
  async Fastify(judge, wanted) {
    const app = Fastify();
    app.get('/payments', { preHandler: forFastify.requireAssurance(judge, wanted) }, (request, reply) => {
      void reply.send(forFastify.sessionOf(request));
    });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    return { url, [Symbol.asyncDispose]: () => app.close() };
  },
  async Hono(judge, wanted) {
    const app = new Hono();
    app.get('/payments', forHono.requireAssurance(judge, wanted), (c) => c.json(forHono.sessionOf(c.req.raw)));
    app.onError((_error, c) => c.text('a fault', 500));
    return serve(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  },
};

type Scene = AsyncDisposable & {
  readonly server: Server;
  readonly ada: Person;
  readonly app: App;
  readonly judge: Judge;
};

/** The judges of sessions: the server in the same process, or a client of one over HTTP. */
const judges: Readonly<Record<string, (server: Server) => Promise<Judge & Partial<AsyncDisposable>>>> = {
  'the server in its process': async ({ countersign }) => countersign,
  async 'a client of a server'({ countersign }) {
    const served = await serve(countersign.listener);
    return { ...createClient({ url: served.url }), [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
  },
};

async function scene(open: (server: Server) => Promise<Judge & Partial<AsyncDisposable>>): Promise<Scene> {
  const server = await startServer();
  const ada = await server.addPerson('ada');
  const app = await server.addApp(ada);
  server.clock.tick(minute);
  const judge = await open(server);
  return {
    server,
    ada,
    app,
    judge,
    async [Symbol.asyncDispose]() {
      await judge[Symbol.asyncDispose]?.();
      await server[Symbol.asyncDispose]();
    },
  };
}

const get = (url: string, headers: Readonly<Record<string, string>> = {}) => fetch(`${url}/payments`, { headers });
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

for (const [framework, application] of Object.entries(frameworks))
  for (const [where, open] of Object.entries(judges))
    describe(`requireAssurance in ${framework}, asking ${where}`, () => {
      test('accepts a session with a strong and recent proof, and names its user', async () => {
        await using fixture = await scene(open);
        const { server, ada, app, judge } = fixture;
        await using shop = await application(judge, { acr: 'aal2', maxAge: 300, amr: ['otp'] });
        const token = await server.logIn(ada, server.code(app));
        const answer = await get(shop.url, bearer(token));
        assert.equal(answer.status, 200);
        const said = (await answer.json()) as Readonly<Record<string, unknown>>;
        assert.deepEqual([said['user'], said['acr'], said['amr']], [ada.uid, 'aal2', ['pwd', 'otp', 'mfa']]);
      });

      test('says what others lack, so that an OAuth2 client can read it', async () => {
        await using fixture = await scene(open);
        const { server, ada, app, judge } = fixture;
        await using shop = await application(judge, { acr: 'aal2', maxAge: 300 });
        const token = await server.logIn(ada, server.code(app));
        server.clock.tick(6 * minute);
        const plain = await server.addPerson('bob');
        for (const one of [token, plain.token]) {
          const asked = protectedResourceRequest(one, 'GET', new URL(`${shop.url}/payments`), undefined, undefined, {
            [allowInsecureRequests]: true,
          });
          const error = await asked.then(
            () => assert.fail('it was let through'),
            (thrown: unknown) => thrown,
          );
          assert.ok(error instanceof WWWAuthenticateChallengeError);
          const [challenge] = error.cause;
          assert.deepEqual(challenge?.parameters, {
            error: 'insufficient_user_authentication',
            acr_values: 'aal2',
            max_age: '300',
          });
        }
      });

      test('lets nobody through without a session, nor with one that is over', async () => {
        await using fixture = await scene(open);
        const { server, ada, app, judge } = fixture;
        await using shop = await application(judge);
        const token = await server.logIn(ada, server.code(app));
        assert.equal((await get(shop.url, bearer(token))).status, 200);
        const challenge = await server.challenge(ada);
        await server.call('DELETE', '/sessions/current', { bearer: token });
        for (const headers of [
          {},
          bearer(token),
          bearer('x'),
          bearer(challenge),
          { Authorization: `Basic ${token}` },
        ]) {
          const answer = await get(shop.url, headers);
          assert.equal(answer.status, 401);
          assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
          assert.equal(answer.headers.get('content-type')?.split(';')[0], 'application/problem+json');
          assert.equal(((await answer.json()) as { status: number }).status, 401);
        }
      });

      test('lets nobody through when nobody can say', async () => {
        await using fixture = await scene(open);
        const { server, ada, app } = fixture;
        const token = await server.logIn(ada, server.code(app));
        const gone = await serve(server.countersign.listener);
        await gone[Symbol.asyncDispose]();
        await using shop = await application(createClient({ url: gone.url }));
        assert.equal((await get(shop.url, bearer(token))).status, 500);
        await server.countersign.context.store.db.schema.dropTable('sessions').execute();
        await using broken = await application(fixture.judge);
        const answer = await get(broken.url, bearer(token));
        assert.ok(answer.status >= 500, String(answer.status));
      });
    });

test('who asks whose session it is where nobody looked is told so', () => {
  assert.throws(() => forHono.sessionOf({}), /requireAssurance did not run/);
});
