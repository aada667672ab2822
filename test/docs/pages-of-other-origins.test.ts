/** Pages of other origins in Chromium: one that is not listed reaches nothing, one that is listed uses the API. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { startBrowser } from '../../kit/browser.ts';
import { skipWithout } from '../../kit/programs.ts';
import { startServer, type Server } from '../../kit/server.ts';
import { listen } from '../../src/cli/listen.ts';
import { goodRequests } from '../http/good-requests.ts';
import { strangers } from '../http/catalogue.ts';

const skip = skipWithout('chromium') ?? false;

/** An empty page of another origin: `localhost` is another site than `127.0.0.1`. */
async function startPage() {
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>a page</title>');
  });
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://localhost:${port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function open(isListed: boolean) {
  const other = await startPage();
  const server = await startServer(isListed ? { corsOrigins: [other.origin] } : {});
  const front = await listen('127.0.0.1', 0);
  front.open(server.countersign.listener);
  const browser = await startBrowser();
  const page = await browser.newPage();
  await page.goto(other.origin);
  return {
    server,
    page,
    url: `http://127.0.0.1:${front.port}`,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await front.close(0);
      await server[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

type Asked = { readonly url: string; readonly init: object };

/** The answer that the page can read; undefined if it can read none. */
const askedBy = (page: Page, { url, init }: Asked): Promise<{ status: number; text: string } | undefined> =>
  page.evaluate(
    `fetch(${JSON.stringify(url)}, ${JSON.stringify(init)})
      .then(async (answer) => ({ status: answer.status, text: await answer.text() }), () => undefined)`,
  );

/** The requests that a page can make to a route: as a form would, as a program would, and as a picture would. */
function requestsTo(server: Server, url: string): readonly Asked[] {
  const authorization = `Bearer ${server.admin.token}`;
  return goodRequests(server.countersign.routes, { ...strangers, uid: 'me' }).flatMap(({ method, path, json }) => {
    const body = method === 'GET' ? {} : { body: JSON.stringify(json ?? {}) };
    const headers = { Authorization: authorization, 'Content-Type': 'application/json' };
    return [
      { url: url + path, init: { method, headers, ...body } },
      ...(method === 'GET' || method === 'POST'
        ? [{ url: url + path, init: { method, mode: 'no-cors', ...body } }]
        : []),
    ];
  });
}

const loggedRequests = ({ lines }: Server) => lines.filter(({ message }) => message === 'request');

test('a page whose origin is not listed makes the server read, count, write and send nothing', { skip }, async () => {
  await using place = await open(false);
  const { server, page, url } = place;
  const [before, sent, logged] = [await server.rows(), server.sent.length, loggedRequests(server).length];
  for (const asked of requestsTo(server, url)) {
    const read = await askedBy(page, asked);
    // A page without the right to read gets an empty answer, except of what is for everybody.
    if (!asked.url.endsWith('/jwks.json')) assert.ok(!read || read.text === '', `${asked.url} ${read?.text}`);
  }
  const seen = loggedRequests(server).slice(logged);
  assert.ok(seen.length > 100, String(seen.length));
  for (const {
    fields: { route, status },
  } of seen) {
    const isExempt = ['/forward-auth', '/docs/style.css', '/.well-known/jwks.json'].includes(String(route));
    assert.ok(isExempt || status === '403', `${String(route)} ${String(status)}`);
  }
  assert.deepEqual([await server.rows(), server.sent.length], [before, sent]);
});

test('a page whose origin is listed logs in at every door and steps up', { skip }, async () => {
  await using place = await open(true);
  const { server, page, url } = place;
  const { name, password } = server.admin;
  const post = async (method: string, path: string, body: object, token?: string) => {
    const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
    const read = await askedBy(page, { url: url + path, init: { method, headers, body: JSON.stringify(body) } });
    return {
      status: read?.status,
      text: read?.text ?? 'nothing',
      json: JSON.parse(read?.text ?? '{}') as Record<string, string>,
    };
  };
  const deux = await post('POST', '/mfa/authtoken/login', { username: name, password });
  assert.equal(deux.status, 200, deux.text);
  const kazoo = await post('PUT', '/v2/user_auth', { data: { username: name, password, account_name: 'root' } });
  assert.equal(kazoo.status, 201, kazoo.text);
  const asked = await post('POST', '/challenges', {}, deux.json['token']);
  assert.equal(asked.status, 201, asked.text);
  const raised = await post('POST', `/challenges/${asked.json['id']}/verify`, { password }, deux.json['token']);
  assert.equal(raised.status, 200, raised.text);
});
