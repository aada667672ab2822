/** What the bench makes of what it has counted. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { commitsIn } from '../../kit/commit-count.ts';
import { spent } from '../../kit/load/cpu.ts';
import { figuresOf } from '../figures.ts';
import type { Measured, Rate } from '../measure.ts';
import { replaced } from '../page.ts';
import { keyOf, stepsOf } from '../plan.ts';
import { asMarkdown, asText, tablesOf } from '../table.ts';

const rate = (perSecond: number, cpu: number | undefined, databaseCpu?: number): Rate => ({
  perSecond,
  p50: 1,
  p99: 2,
  cpu,
  databaseCpu,
});

const times = { unknown: [2], unknownAgain: [2], wrong: [1], wrongAgain: [1] };
const start = { took: 500, cpu: 400, memory: 100 };
const starts = { first: [start], source: [start], published: [start] };

/** Two rounds in which everything is alike but for some steps. */
function measured(own: Readonly<Record<string, readonly Rate[]>>): Measured {
  const steps = stepsOf('postgres', true);
  const all = steps.map((step) => [keyOf(step), own[keyOf(step)] ?? [rate(10, 1), rate(10, 1)]] as const);
  return { steps, rates: new Map(all), commits: new Map([['countersign secondFactors', 2]]), times: [times, times] };
}

const rowOf = (own: Parameters<typeof measured>[0], key: string) =>
  figuresOf('postgres', measured(own), starts).rows.find((row) => keyOf(row) === key);

test('an operation is compared with its limit within each round, and then the median is taken', () => {
  const row = rowOf(
    {
      'hello hellos 16': [rate(1000, 0.1), rate(100, 0.1)],
      'countersign sessionChecks 16': [rate(500, 0.5), rate(25, 0.2)],
    },
    'countersign sessionChecks 16',
  );
  assert.deepEqual(row?.limit?.rate, { median: 0.375, least: 0.25, most: 0.5 });
  assert.deepEqual(row?.limit?.cpu, { median: 0.35, least: 0.2, most: 0.5 });
  assert.equal(row?.busy?.most, 0.25);
});

test('of commits alone an operation reaches its rate times as many as it makes', () => {
  const rates = {
    'load commits 64': [rate(900, 0.1), rate(900, 0.1)],
    'countersign secondFactors 64': [rate(300, 1), rate(300, 1)],
  };
  const { limit } = rowOf(rates, 'countersign secondFactors 64') ?? {};
  assert.equal(limit?.job, 'commits');
  assert.equal(limit.rate.median.toFixed(3), '0.667');
  assert.equal(limit.cpu, undefined);
});

test('beside Better Auth the CPU of the database counts too, and what only Countersign does stands alone', () => {
  const rates = {
    'countersign passwordLogins 1': [rate(80, 10, 2), rate(80, 10, 2)],
    'betterAuth passwordLogins 1': [rate(40, 20, 28), rate(40, 20, 28)],
  };
  const { toBetterAuth } = rowOf(rates, 'countersign passwordLogins 1') ?? {};
  assert.equal(toBetterAuth?.rate.median, 2);
  assert.equal(toBetterAuth.cpu?.median, 0.25);
  assert.equal(rowOf(rates, 'countersign stepUps 1')?.toBetterAuth, undefined);
  assert.equal(rowOf(rates, 'betterAuth passwordLogins 1')?.toBetterAuth, undefined);
});

test('where the system does not say how much CPU was used, nothing is made up', () => {
  const unsaid = [rate(40, undefined), rate(40, undefined)];
  const row = rowOf({ 'countersign passwordLogins 1': unsaid }, 'countersign passwordLogins 1');
  assert.equal(row?.cpu, undefined);
  assert.equal(row?.busy, undefined);
  assert.equal(row?.limit?.cpu, undefined);
  assert.equal(row?.limit?.rate.median, 4);
});

test('every measurement stands in one table, with as many cells as the head has', () => {
  const { steps } = measured({});
  const tables = tablesOf(figuresOf('postgres', measured({}), starts));
  assert.deepEqual(
    tables.map(({ title }) => title),
    ['Limits', 'Countersign', 'Better Auth', 'Start'],
  );
  assert.equal(tables.flatMap(({ rows }) => rows).length, steps.length + 3);
  for (const table of tables) {
    for (const cells of table.rows) assert.equal(cells.length, table.head.length);
    const [head, line, first] = asMarkdown(table).split('\n');
    assert.equal(line?.split('|').length, head?.split('|').length);
    assert.equal(first, `| ${table.rows[0]?.join(' | ')} |`);
    assert.ok(asText(table).startsWith(table.head[0] ?? ''));
  }
  assert.deepEqual(
    stepsOf('sqlite', false).filter(({ by, job }) => by === 'betterAuth' || (job === 'commits' && by === 'load')),
    [{ job: 'commits', clients: 1, by: 'load' }],
  );
});

test('a run writes its part of the page, again and again, and leaves the rest alone', () => {
  const page = 'before\n<!-- figures: npm run bench -- --write -->\nold\n<!-- end of figures -->\nafter\n';
  const once = replaced(page, 'new');
  assert.equal(once, page.replace('old', '\nnew\n'));
  assert.equal(replaced(once, 'new'), once);
  assert.throws(() => replaced('a page without a place', 'new'), /has no marks/);
});

test('CPU is what threads used in between, those that are new included', () => {
  const before = new Map([
    ['1', 5e6],
    ['2', 7e6],
  ]);
  const after = new Map([
    ['1', 9e6],
    ['3', 1e6],
  ]);
  assert.equal(spent(before, after), 5);
  assert.equal(spent(undefined, after), undefined);
});

test('transactions that write are counted, and no others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-commits-'));
  try {
    const file = join(folder, 'some.db');
    using database = new DatabaseSync(file);
    database.exec('pragma journal_mode = wal; create table some (row integer)');
    const counted = await commitsIn(`sqlite:${file}`, async () => {
      database.exec('insert into some values (1)');
      // More than a page.
      database.exec('begin; insert into some values (2); insert into some values (zeroblob(20000)); commit');
      database.exec('begin; insert into some values (4); rollback');
      database.prepare('select * from some').all();
    });
    assert.equal(counted, 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
