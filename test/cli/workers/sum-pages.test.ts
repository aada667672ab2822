import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sumPages } from '../../../src/cli/workers/sum-pages.ts';

const page = (requests: Readonly<Record<string, number>>, memory: number) =>
  [
    '# HELP requests How many.',
    '# TYPE requests counter',
    ...Object.entries(requests).map(([route, count]) => `requests{route="${route}"} ${count}`),
    '# HELP memory Bytes.',
    '# TYPE memory gauge',
    `memory ${memory}`,
    '',
  ].join('\n');

test('series of several pages are added up, those that only some of them have too, and each family stays in one piece', () => {
  assert.equal(
    sumPages([page({ '/a b': 1, '/c': 2 }, 100), page({ '/d': 5, '/c': 0.5 }, 20), page({}, 3)]),
    page({ '/a b': 1, '/c': 2.5, '/d': 5 }, 123),
  );
});

test('one page stays as it is', () => {
  assert.equal(sumPages([page({ '/a': 1 }, 100)]), page({ '/a': 1 }, 100));
});
