import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '../../../src/http/server/metrics.ts';
import { startServer } from '../../../kit/server.ts';

type Sample = { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number };

/** Reads Prometheus' text format, version 0.0.4, and takes nothing else. */
function readMetrics(page: string): { samples: readonly Sample[]; types: ReadonlyMap<string, string> } {
  assert.ok(page.endsWith('\n'));
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  for (const line of page.slice(0, -1).split('\n')) {
    const [, word, metric, rest] = /^# (HELP|TYPE) ([a-z_:]+) (.+)$/.exec(line) ?? [];
    if (word === 'TYPE' && metric && rest) types.set(metric, rest);
    if (word) continue;
    const [, name, inside = '', value] = /^([a-z_:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    assert.ok(name && value !== undefined && !Number.isNaN(Number(value.replace('+Inf', 'Infinity'))), line);
    const pairs = [...inside.matchAll(/([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/g)];
    assert.equal(pairs.map(([pair]) => pair).join(''), inside, line);
    const family = name.replace(/_(?:bucket|sum|count)$/, '');
    assert.ok(types.has(name) || types.get(family) === 'histogram', `${line} has no type`);
    const labels = Object.fromEntries(pairs.map(([, key = '', text = '']) => [key, text]));
    samples.push({ name, labels, value: Number(value) });
  }
  return { samples, types };
}

const requests = 'countersign_http_request_duration_seconds';

test('a histogram counts each value in every bucket that is large enough for it', () => {
  const metrics = createMetrics([]);
  const labels = { method: 'GET', route: '/a/{b}', status: '200' };
  for (const seconds of [0.001, 0.005, 0.006, 3, 11]) metrics.requests.observe(labels, seconds);
  const { samples } = readMetrics(metrics.render());
  const bucket = (le: string) =>
    samples.find((one) => one.name === `${requests}_bucket` && one.labels.le === le)?.value;
  assert.deepEqual(['0.005', '0.01', '2.5', '5', '10', '+Inf'].map(bucket), [2, 3, 3, 4, 4, 5]);
  assert.equal(samples.find(({ name }) => name === `${requests}_count`)?.value, 5);
  assert.ok(Math.abs((samples.find(({ name }) => name === `${requests}_sum`)?.value ?? 0) - 14.012) < 1e-9);
  const counts = samples.filter(({ name }) => name === `${requests}_bucket`).map(({ value }) => value);
  assert.deepEqual(
    counts,
    counts.toSorted((a, b) => a - b),
  );
});

test('each set of labels is a series of its own', () => {
  const metrics = createMetrics([]);
  const labels = { method: 'GET', route: '/a', status: '200' };
  metrics.requests.observe(labels, 1);
  metrics.requests.observe(labels, 1);
  metrics.requests.observe({ ...labels, status: '404' }, 1);
  const counts = readMetrics(metrics.render()).samples.filter(({ name }) => name === `${requests}_count`);
  assert.deepEqual(
    counts.map(({ labels: { status }, value }) => [status, value]),
    [
      ['200', 2],
      ['404', 1],
    ],
  );
});

test('gauges are read when the page is', () => {
  let value = 1;
  const metrics = createMetrics([{ name: 'a_gauge', help: 'What it is.', read: () => value }]);
  value = 2;
  const { samples, types } = readMetrics(metrics.render());
  assert.deepEqual(samples.find(({ name }) => name === 'a_gauge')?.value, 2);
  assert.equal(types.get('a_gauge'), 'gauge');
  assert.equal(types.get(requests), 'histogram');
});

test('GET /metrics is in the text format that Prometheus reads, and counts requests by route', async () => {
  await using server = await startServer();
  await server.call('GET', '/health/live');
  await server.call('GET', '/health/live/');
  await server.call('GET', `/users/${server.admin.uid}`, { bearer: server.admin.token });
  const answer = await server.call('GET', '/metrics');
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4');
  const { samples } = readMetrics(answer.text);
  const count = (route: string, status: string) =>
    samples.find(
      ({ name, labels }) => name === `${requests}_count` && labels.route === route && labels.status === status,
    )?.value;
  assert.equal(count('/health/live', '200'), 2);
  // Once by the test's own start, as `me`.
  assert.equal(count('/users/{uid}', '200'), 2);
  assert.ok(samples.some(({ name }) => name === 'process_resident_memory_bytes'));
  assert.ok(samples.some(({ name, value }) => name === 'countersign_password_hashes_pending' && value === 0));
});

test('what strangers make up makes no new series', async () => {
  await using server = await startServer();
  const { routes } = server.countersign;
  const sent = ['FOO', 'X'.repeat(100), 'get', 'delete', 'PROPFIND', 'OPTIONS', 'HEAD', 'PUT'];
  for (const method of sent) {
    for (const path of [
      '/nowhere',
      `/nowhere/${method}`,
      '/users/',
      `/users/${method}/x`,
      '/"}\n/%22%0A',
      '/users/%22',
    ]) {
      await server.call(method, path);
    }
  }
  const { samples } = readMetrics((await server.call('GET', '/metrics')).text);
  const known = new Set(['unknown', ...routes.map(({ path }) => path)]);
  const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other']);
  for (const { name, labels } of samples.filter((one) => one.name.startsWith(requests))) {
    assert.deepEqual(
      Object.keys(labels).filter((label) => label !== 'le'),
      ['method', 'route', 'status'],
      name,
    );
    assert.ok(known.has(labels.route ?? ''), String(labels.route));
    assert.ok(methods.has(labels.method ?? ''), String(labels.method));
    assert.match(labels.status ?? '', /^[1-5][0-9][0-9]$/);
  }
});
