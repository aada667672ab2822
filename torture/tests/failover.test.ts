/** `npm run failover` for some seconds: acknowledged changes survive the primary, if the standby had them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { summarize, unanswered, type FaultSummary } from '../failover/summary.ts';
import type { Figures } from '../figures.ts';
import type { Violation } from '../history.ts';
import { newFolder } from '../../kit/process.ts';
import { historyOf, type Line } from './history.ts';
import { program } from './program.ts';

const failover = program('failover/run.ts');
const url = process.env.TEST_POSTGRES_URL ?? '';
const skip = url === '' && 'PostgreSQL is not there: TEST_POSTGRES_URL is not set';

/** Two databases and three servers start first, on a busy machine. */
const patience = { timeout: 180_000 };

async function figuresOf(...options: readonly string[]) {
  const out = join(newFolder(), 'figures.json');
  const { code, stdout, stderr } = await failover(...options, '--out', out);
  const output = stdout + stderr;
  const figures = JSON.parse(readFileSync(out, 'utf8')) as Figures & {
    faultSummaries: FaultSummary[];
    broken: Violation[];
  };
  return { code, output, figures };
}

describe('a failover of PostgreSQL', { skip }, () => {
  test('loses nothing that was acknowledged when the standby had it, and logins go on', patience, async () => {
    const { code, output, figures } = await figuresOf('--seconds', '1');
    assert.equal(code, 0, output);
    assert.deepEqual(
      figures.faultSummaries.map(({ name }) => name),
      ['primary killed', 'standby stopped', 'former primary still runs'],
    );
    for (const { name, repaired, login } of figures.faultSummaries) assert.ok(login > repaired, `${name}: ${output}`);
    for (const op of ['register', 'confirm'] as const) assert.ok((figures.outcomes[op]?.ok ?? 0) > 0, output);
  });

  test('loses what the standby did not have, and that is found', patience, async () => {
    const { code, output, figures } = await figuresOf('--asynchronous', '--seconds', '2');
    assert.equal(code, 1, output);
    assert.ok(
      figures.broken.some(({ what }) => what === 'the log has no row of a success'),
      output,
    );
  });
});

test('a fault ends with the first login that succeeds after its repair', () => {
  const { seen } = historyOf(
    ['login', { start: 10, end: 90 }],
    ['login', { start: 90, end: 190 }],
    ['check', { start: 110, end: 210 }],
    ['login', { start: 150, end: 250, outcome: 'unknown' }],
    ['login', { start: 190, end: 290 }],
    ['login', { start: 300, end: 390 }],
  );
  const summary = summarize({ name: 'it', injectedAt: 100, repairedAt: 200 }, seen);
  assert.deepEqual(summary, { name: 'it', repaired: 100, login: 190, slowest: 100, requests: 4, unknown: 1 });
});

test('a request without any answer is a violation', () => {
  const unansweredLogin: Line = ['login', { outcome: 'unknown' }];
  const { seen } = historyOf(['login', { outcome: 'unknown', status: 503 }], unansweredLogin, [
    'login',
    { status: 200 },
  ]);
  assert.deepEqual(
    unanswered(seen).map((violation) => violation.seen),
    [[seen[1]]],
  );
});

test('a bad option of the failover is reported in one line', async () => {
  for (const options of [
    ['--seconds', '0'],
    ['--primary', 'none'],
  ]) {
    const { code, stdout, stderr } = await failover(...options);
    assert.deepEqual([code, stdout], [1, ''], options.join(' '));
    assert.match(stderr, /^failover: [^\n]+\n$/);
  }
});
