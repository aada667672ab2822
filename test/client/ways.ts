/** The ways in which an application reaches the server: inside its process, over HTTP, and mounted in somebody else's server. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import { createClient } from '../../src/client/index.ts';
import type { Operations } from '../../src/client/operations.ts';
import type { Listener } from '../../src/http/server/listener.ts';
import type { TestDatabase } from '../../kit/databases.ts';
import { startServer, type Server } from '../../kit/server.ts';
import { addService } from '../http/doors/challenges/service.ts';

/** A server with a service in it, reached in one way. */
export type Reached = AsyncDisposable & {
  readonly server: Server;
  readonly serviceId: string;
  readonly shop: Operations;
  /** Another service's. */
  readonly stranger: Operations;
  readonly as: (credential: string) => Operations;
  /** Without any credential. */
  readonly nobody: Operations;
};

/** Serves on a free port of the loopback until it is disposed of. */
export async function serve(listener: Listener) {
  const http = createServer((request, response) => void listener(request, response));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}

type Served = AsyncDisposable & { readonly url: string };

const overClient =
  (open: (server: Server) => Promise<Served>) =>
  async (on: TestDatabase): Promise<Reached> => {
    const server = await startServer({ on });
    const { key, id: serviceId } = await addService(server, 'root', 'shop');
    const other = await addService(server, 'root', 'stranger');
    const served = await open(server);
    const client = createClient({ url: served.url });
    return {
      server,
      serviceId,
      shop: client.as(key),
      stranger: client.as(other.key),
      as: (credential) => client.as(credential),
      nobody: client,
      async [Symbol.asyncDispose]() {
        await served[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  };

export const ways: Readonly<Record<string, (on: TestDatabase) => Promise<Reached>>> = {
  async 'inside the process'(on) {
    const server = await startServer({ on });
    const { countersign } = server;
    const { id: serviceId, ...shop } = await countersign.service('shop');
    const stranger = await countersign.service('stranger');
    const as = (credential: string) => countersign.as(credential);
    const nobody = countersign.as();
    return {
      server,
      serviceId,
      shop,
      stranger,
      as,
      nobody,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  'over HTTP': overClient(({ countersign }) => serve(countersign.listener)),
  'mounted in Hono': overClient(async ({ countersign }) => {
    const app = new Hono().mount('/mfa', (request) => countersign.fetch(request));
    return below('/mfa', await serve(getRequestListener(app.fetch, { overrideGlobalObjects: false })));
  }),
  'mounted in Express': overClient(async ({ countersign }) => {
    // Before what reads bodies.
    const app = express().use('/mfa', countersign.listener).use(express.json());
    return below('/mfa', await serve(app));
  }),
  'mounted in Fastify': overClient(async ({ countersign }) => {
    const app = Fastify();
    await app.register(async (mounted) => {
      // Bodies are the server's to read.
      mounted.removeAllContentTypeParsers();
      mounted.addContentTypeParser('*', (_request, _payload, done) => done(null));
      mounted.all('/mfa/*', ({ raw }, reply) => {
        reply.hijack();
        raw.url = raw.url?.slice('/mfa'.length);
        countersign.listener(raw, reply.raw);
      });
    });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    return below('/mfa', { url, [Symbol.asyncDispose]: () => app.close() });
  }),
};

function below(path: string, served: Served): Served {
  return { url: served.url + path, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}
