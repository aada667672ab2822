/** The failover as people run it, for some seconds: what was acknowledged outlives its primary, if the standby had it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { toldOf, unanswered, type Told } from '../failover/summary.ts';
import type { Figures } from '../figures.ts';
import type { Violation } from '../history.ts';
import { newFolder } from '../../kit/process.ts';
import { historyOf, type Line } from './history.ts';
import { program } from './program.ts';

const failover = program('failover/run.ts');
const url = process.env.TEST_POSTGRES_URL ?? '';
const skip = url === '' && 'PostgreSQL is not there: TEST_POSTGRES_URL is not set';

/** Two databases are made and three servers started before it begins, on a machine that has other things to do. */
const patience = { timeout: 180_000 };

async function figuresOf(...options: readonly string[]) {
  const out = join(newFolder(), 'figures.json');
  const { code, stdout, stderr } = await failover(...options, '--out', out);
  const said = stdout + stderr;
  const figures = JSON.parse(readFileSync(out, 'utf8')) as Figures & { blows: Told[]; broken: Violation[] };
  return { code, said, figures };
}

describe('a failover of PostgreSQL', { skip }, () => {
  test('loses nothing that was acknowledged when the standby had it, and logins go on', patience, async () => {
    const { code, said, figures } = await figuresOf('--seconds', '1');
    assert.equal(code, 0, said);
    assert.deepEqual(
      figures.blows.map(({ name }) => name),
      ['primary killed', 'standby stopped', 'old primary left standing'],
    );
    for (const { name, mended, login } of figures.blows) assert.ok(login > mended, `${name}: ${said}`);
    for (const op of ['register', 'confirm'] as const) assert.ok((figures.outcomes[op]?.ok ?? 0) > 0, said);
  });

  test('loses what the standby did not have, and that is found', patience, async () => {
    const { code, said, figures } = await figuresOf('--asynchronous', '--seconds', '2');
    assert.equal(code, 1, said);
    assert.ok(
      figures.broken.some(({ what }) => what === 'the log has no row of a success'),
      said,
    );
  });
});

test('a blow is over with the first login that was done after it', () => {
  const { seen } = historyOf(
    ['login', { start: 10, end: 90 }],
    ['login', { start: 90, end: 190 }],
    ['check', { start: 110, end: 210 }],
    ['login', { start: 150, end: 250, outcome: 'unknown' }],
    ['login', { start: 190, end: 290 }],
    ['login', { start: 300, end: 390 }],
  );
  const told = toldOf({ name: 'it', struck: 100, mended: 200 }, seen);
  assert.deepEqual(told, { name: 'it', mended: 100, login: 190, longest: 100, asked: 4, unknown: 1 });
});

test('who is never answered is told of', () => {
  const silence: Line = ['login', { outcome: 'unknown' }];
  const { seen } = historyOf(['login', { outcome: 'unknown', status: 503 }], silence, ['login', { status: 200 }]);
  assert.deepEqual(
    unanswered(seen).map((violation) => violation.seen),
    [[seen[1]]],
  );
});

test('a bad option of the failover is told in one line', async () => {
  for (const options of [
    ['--seconds', '0'],
    ['--primary', 'none'],
  ]) {
    const { code, stdout, stderr } = await failover(...options);
    assert.deepEqual([code, stdout], [1, ''], options.join(' '));
    assert.match(stderr, /^failover: [^\n]+\n$/);
  }
});
