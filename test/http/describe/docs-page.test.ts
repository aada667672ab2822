import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { docsPage } from '../../../src/http/describe/docs-page.ts';
import { examples } from '../../../src/http/describe/examples.ts';
import { operationId } from '../../../src/http/describe/openapi.ts';
import type { Route } from '../../../src/http/route.ts';
import { startServer } from '../../../kit/server.ts';
import { nameOf } from '../catalogue.ts';

const plain = (html: string) =>
  html
    .replace(/<[^>]*>/g, '')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');

const spaced = (text: string) => text.replace(/\s+/g, ' ');

/** As the page shows a text with code in it. */
const shown = (text: string) => spaced(text.replaceAll('`', ''));

const route: Route = {
  method: 'get',
  path: '/a/{b}',
  access: 'anyone',
  tag: 'Things',
  summary: 'Do it',
  responses: { 200: { description: 'Done.' } },
  handle: async () => ({ status: 200 }),
};

test('the page has every route of the table: a heading, a place with a link to it, its words and an example', async () => {
  await using server = await startServer();
  const page = await server.call('GET', '/docs');
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
  const operations = page.text.split('<details class="operation">').slice(1);
  assert.equal(operations.length, server.countersign.routes.length);
  for (const one of server.countersign.routes) {
    const { method, path, summary, description = '', responses } = one;
    const id = operationId(method, path);
    const html =
      operations.find((part) => part.includes(`<div id="${id}">`)) ?? assert.fail(`${nameOf(one)} has no place`);
    const [, heading = ''] = /<h3>([^]*?)<\/h3>/.exec(html) ?? [];
    assert.equal(plain(heading), nameOf(one));
    assert.ok(html.includes(`<a href="#${id}"`), nameOf(one));
    const { request, answer } = examples[nameOf(one)] ?? assert.fail(`${nameOf(one)} has no example`);
    const told = Object.values(responses).map((response) => response.description);
    for (const text of [request, answer].map(spaced).concat([summary, description, ...told].map(shown)))
      assert.ok(plain(html).includes(text), `${nameOf(one)}: ${text}`);
  }
});

test('every link within the page leads to one place in it', async () => {
  await using server = await startServer();
  const { text } = await server.call('GET', '/docs');
  const ids = [...text.matchAll(/ id="([^"]*)"/g)].map(([, id = '']) => id);
  assert.equal(new Set(ids).size, ids.length);
  const links = [...text.matchAll(/ href="#([^"]*)"/g)].map(([, id = '']) => id);
  assert.ok(links.length > server.countersign.routes.length);
  for (const link of links) assert.ok(ids.includes(link), link);
});

test('it says what a call needs, and shows the members of query, body and answers', async () => {
  const page = plain(
    await docsPage([
      {
        ...route,
        access: 'session',
        scope: { own: 'mfa' },
        description: 'With `care`.',
        query: z.object({ page: z.int() }),
      },
      {
        ...route,
        method: 'put',
        access: 'basic',
        body: z.strictObject({ colour: z.enum(['red', 'blue']).optional() }),
      },
      {
        ...route,
        method: 'post',
        access: 'optional',
        scope: 'none',
        administers: 'always',
        responses: { 201: { description: 'Made.', body: z.array(z.string()) } },
      },
      { ...route, method: 'delete', params: z.strictObject({ b: z.uuid().describe('Which one.') }) },
    ]),
  );
  for (const text of [
    'With care. Authentication: an access token. OAuth 2.0 clients: the scope mfa for the own user, never for others.',
    'Authentication: a name and a secret, as HTTP Basic.',
    'Authentication: none, or an access token. Administrators need fresh proof. OAuth 2.0 clients: any scope.',
    'Authentication: none. Errors: problem details.',
    'In the query Name Type Present Meaning page integer required',
    'Body, as JSON Name Type Present Meaning colour "red" or "blue" optional',
    'Answer 201: Made. list of: string',
    'In the path Name Type Present Meaning b UUID required Which one.',
  ])
    assert.ok(page.includes(text), text);
});

test('a format stands in the place of its pattern', async () => {
  await using server = await startServer();
  const text = plain((await server.call('GET', '/docs')).text);
  const found = new Set<string>();
  JSON.stringify((await server.call('GET', '/openapi.json')).json, (_key, schema: unknown) => {
    const { format, pattern } = (schema ?? {}) as { readonly format?: string; readonly pattern?: string };
    if (format !== undefined && pattern !== undefined) found.add(pattern);
    return schema;
  });
  assert.ok(found.size >= 4);
  for (const pattern of found) assert.ok(!text.includes(shown(pattern)), pattern);
  for (const word of ['UUID', 'date and time (RFC 3339)', 'e-mail address', 'phone number (E.164)'])
    assert.ok(text.includes(word), word);
});

test('what a route says of itself is text, never markup', async () => {
  const nasty = `<script>alert("1")</script>&'`;
  const body = z.strictObject({ [nasty]: z.string().describe(nasty) });
  const page = await docsPage([
    {
      ...route,
      path: `/${nasty}`,
      tag: nasty,
      summary: nasty,
      description: nasty,
      body,
      query: body,
      responses: { 200: { description: nasty, body } },
    },
  ]);
  assert.doesNotMatch(page, /<script/);
  assert.doesNotMatch(page, /="[^"]*<[^"]*"/);
  assert.ok(plain(page).includes(nasty));
});

test('the page needs nothing that its content security policy forbids', async () => {
  await using server = await startServer();
  const { text } = await server.call('GET', '/docs');
  assert.doesNotMatch(text, /<script|<style|style="|\son\w+="|<img|https?:/);
  assert.match(text, /<link rel="stylesheet" href="\/docs\/style\.css" \/>/);
  const style = await server.call('GET', '/docs/style.css');
  assert.equal(style.headers.get('content-type'), 'text/css; charset=utf-8');
  assert.doesNotMatch(style.text, /url\(|@import/);
});
