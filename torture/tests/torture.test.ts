/** `npm run torture` for some seconds: servers are killed, connections dropped, and no promise is broken. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Figures } from '../figures.ts';
import { skipWithoutPrograms } from '../../kit/programs.ts';
import { newFolder } from '../../kit/process.ts';
import { program } from './program.ts';

const torture = program('run.ts');

test('two servers over one file break no promise', async () => {
  const out = join(newFolder(), 'figures.json');
  const { code, stdout, stderr } = await torture('--minutes', '0.12', '--seed', '5', '--out', out);
  assert.equal(code, 0, stdout + stderr);
  const figures = JSON.parse(readFileSync(out, 'utf8')) as Figures;
  assert.deepEqual([figures.database, figures.seed, figures.nodes, figures.violations], ['sqlite', 5, 2, 0]);
  // Even on a slow machine: a user registered and enrolled, so there was something to check.
  for (const op of ['register', 'confirm'] as const) assert.ok((figures.outcomes[op]?.ok ?? 0) > 0, stdout);
  assert.match(stdout, /sqlite, 2 servers, seed 5, .* 20 times real time/);
  assert.match(stdout, /operations [\d,]+, faults \d+, violations 0\n$/);
});

const noPool =
  (process.env.TEST_POSTGRES_URL === undefined && 'PostgreSQL is not there: TEST_POSTGRES_URL is not set') ||
  (skipWithoutPrograms('pgbouncer') ?? false);

test(
  'three servers behind a pgbouncer in transaction mode break no promise',
  { skip: noPool, timeout: 180_000 },
  async () => {
    const { code, stdout, stderr } = await torture('--database', 'pgbouncer', '--operations', '400');
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /pgbouncer, 3 servers/);
    assert.match(stdout, /\n {2}confirm +[1-9]/);
  },
);

test('it ends after the given number of operations', async () => {
  const { code, stdout, stderr } = await torture('--minutes', '1', '--operations', '60');
  assert.equal(code, 0, stdout + stderr);
  const [, minutes = '', operations = ''] = /seed \d+, ([\d.]+) minutes at[^]*operations (\d+),/.exec(stdout) ?? [];
  assert.ok(Number(minutes) < 1 && Number(operations) >= 60, stdout);
});

test('a bad option is reported in one line', async () => {
  for (const options of [
    ['--database', 'oracle'],
    ['--minutes', '0'],
    ['--hours', '1'],
  ]) {
    const { code, stdout, stderr } = await torture(...options);
    assert.deepEqual([code, stdout], [1, ''], options.join(' '));
    assert.match(stderr, /^torture: [^\n]+\n$/);
  }
});
