import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { docsPage } from '../../../src/http/describe/docs-page.ts';
import type { Route } from '../../../src/http/route.ts';
import { startServer } from '../../../kit/server.ts';

const plain = (html: string) =>
  html
    .replace(/<[^>]*>/g, '')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

const route: Route = {
  method: 'get',
  path: '/a/{b}',
  access: 'anyone',
  tag: 'Things',
  summary: 'Do it',
  responses: { 200: { description: 'Done.' } },
  handle: async () => ({ status: 200 }),
};

test('the page lists every route of the table with its summary and its answers', async () => {
  await using server = await startServer();
  const page = await server.call('GET', '/docs');
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
  const text = plain(page.text);
  for (const { method, path, summary, responses } of server.countersign.routes) {
    assert.ok(page.text.includes(`<code>${method.toUpperCase()} ${path}</code>`), path);
    assert.ok(text.includes(`${summary}. `), summary);
    for (const { description } of Object.values(responses)) assert.ok(text.includes(description), description);
  }
});

test('it says who may call what, and shows the schemas of query, body and answers', async () => {
  const page = plain(
    await docsPage([
      { ...route, access: 'session', description: 'Carefully.', query: z.object({ page: z.int() }) },
      { ...route, method: 'put', access: 'basic', body: z.strictObject({ colour: z.enum(['red', 'blue']) }) },
      {
        ...route,
        method: 'post',
        access: 'optional',
        responses: { 201: { description: 'Made.', body: z.array(z.string()) } },
      },
      { ...route, method: 'delete' },
    ]),
  );
  for (const text of [
    'Do it. Needs a session. Carefully.',
    'Do it. HTTP Basic.',
    'Do it. A session is read when one is shown.',
    'Do it. Anyone.',
  ])
    assert.ok(page.includes(text), text);
  assert.match(page, /Query\s+\{[^}]*"page"/);
  assert.match(page, /Body\s+\{[^]*"blue"/);
  assert.match(page, /201\s+Made\.\{\s+"type": "array"/);
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
