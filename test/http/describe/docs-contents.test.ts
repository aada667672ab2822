import assert from 'node:assert/strict';
import { test } from 'node:test';
import { docsPage } from '../../../src/http/describe/docs-page.ts';
import { errorFormatOf, errorFormats } from '../../../src/http/describe/error-formats.ts';
import { examples } from '../../../src/http/describe/examples.ts';
import { sections } from '../../../src/http/describe/sections.ts';
import { tours } from '../../../src/http/describe/start-here.ts';
import { routesOf } from '../../../src/http/doors/index.ts';
import { dialectAt } from '../../../kit/dialects.ts';
import { startServer } from '../../../kit/server.ts';
import { nameOf } from '../catalogue.ts';

test('errors are explained in the form in which each route answers them', async () => {
  await using server = await startServer();
  const dialects = new Map<string, unknown>();
  for (const one of server.countersign.routes) {
    const { id } = errorFormatOf(one);
    const dialect = dialectAt(one.path);
    assert.equal(dialects.get(id) ?? dialect, dialect, nameOf(one));
    assert.equal(id === errorFormats.problem.id, dialect === undefined, nameOf(one));
    dialects.set(id, dialect);
  }
  assert.deepEqual(
    [...dialects.keys()].toSorted(),
    Object.values(errorFormats)
      .map(({ id }) => id)
      .toSorted(),
  );
});

test('every step of the tours is an operation of the table', async () => {
  await using server = await startServer();
  const names = server.countersign.routes.map(nameOf);
  const steps = tours.flatMap((tour) => tour.steps.map(({ operation }) => operation));
  assert.deepEqual(
    steps.filter((step) => !names.includes(step)),
    [],
  );
});

test('where only some doors are open, the page speaks of no operation that is not there', async () => {
  const page = await docsPage(routesOf(['accounts']));
  for (const [, id = ''] of page.matchAll(/ href="#([^"]*)"/g)) assert.ok(page.includes(` id="${id}"`), id);
  for (const { title } of tours) assert.ok(!page.includes(title), title);
  assert.ok((await docsPage(routesOf())).includes(tours[0]?.title ?? ''));
});

test('every section is one of the table, and every route has a section with a title', async () => {
  await using server = await startServer();
  const tags = new Set(server.countersign.routes.map(({ tag }) => tag));
  assert.deepEqual(sections.map(({ tag }) => tag).toSorted(), [...tags].toSorted());
});

test('the examples are those of the table and of the forms of errors, short, and hold nothing like a secret', async () => {
  await using server = await startServer();
  const errors = Object.values(errorFormats).map(({ example }) => example);
  assert.deepEqual(Object.keys(examples), [...server.countersign.routes.map(nameOf), ...errors]);
  for (const [name, { request, answer }] of Object.entries(examples)) {
    const lines = [...request.split('\n'), ...answer.split('\n')];
    assert.ok(lines.length <= 40 && lines.every((line) => line.length <= 130), name);
    assert.doesNotMatch(request + answer, /(?=[\w-]*\d)[\w-]{33}|\b[A-Z2-7]{32}\b|\b\d{4}-\d\d-\d\dT/, name);
  }
  const { text } = await server.call('GET', '/docs');
  assert.ok(text.length < 420_000, `${text.length}`);
});
