/** The chart that the bench draws for the documents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartOf, panelsOf, type ChartData } from '../chart.ts';
import type { Row } from '../figures.ts';
import { figure } from '../figures.ts';

const row = (by: Row['by'], job: Row['job'], clients: number, ...[cpu, databaseCpu]: [number, number?]): Row => {
  const some = figure([1]);
  const costs = { cpu: figure([cpu]), databaseCpu: databaseCpu === undefined ? undefined : figure([databaseCpu]) };
  return { by, job, clients, perSecond: some, p50: some, p99: some, ...costs, busy: some, commits: 0 };
};

const report = {
  date: '2026-11-22',
  databases: [
    {
      flavour: 'sqlite',
      rows: [
        row('load', 'hashes', 1, 11),
        row('load', 'hashes', 2, 12),
        row('countersign', 'passwordLogins', 1, 99),
        row('countersign', 'passwordLogins', 16, 15),
        row('betterAuth', 'passwordLogins', 16, 30),
        row('countersign', 'sessionChecks', 16, 0.25),
        row('betterAuth', 'sessionChecks', 16, 1),
      ],
    },
    { flavour: 'postgres', rows: [row('countersign', 'sessionChecks', 16, 0.5, 0.25)] },
  ],
} as const satisfies ChartData;

/** Every element that is opened is closed, in its order, and no text holds what begins another. */
function checkXml(xml: string): void {
  const open: string[] = [];
  const elements = /<(\/?)([a-zA-Z]+)((?: [\w:-]+="[^"<&]*(?:&\w+;[^"<&]*)*")*) ?(\/?)>/g;
  const rest = xml.replaceAll(elements, (...[, end, name = '', , empty]: string[]) => {
    if (end) assert.equal(open.pop(), name);
    else if (!empty) open.push(name);
    return '';
  });
  assert.deepEqual(open, []);
  assert.doesNotMatch(rest, /[<>]|&(?!\w+;)/);
}

const barsOf = (svg: string) =>
  [...svg.matchAll(/<rect class="(\w+)" x="250" y="\d+" width="([\d.]+)"/g)].map(([, kind, width]) => [
    kind,
    Number(width),
  ]);

test('bars are as long as what they stand for, each panel to its own scale', () => {
  assert.deepEqual(barsOf(chartOf(report)), [
    ['limit', 200],
    ['countersign', 250],
    ['betterAuth', 500],
    ['countersign', 125],
    ['betterAuth', 500],
    ['countersign', 500],
  ]);
});

test('the chart is an image with a title and words for those who cannot see it, and takes dark colours where people like them', () => {
  const svg = chartOf(report);
  checkXml(svg);
  assert.match(svg, /^<svg xmlns="[^"]+" viewBox="0 0 860 \d+" role="img" aria-labelledby="title desc"/);
  assert.match(svg, /<title id="title">.*2026-11-22<\/title>/);
  assert.match(svg, /<desc id="desc">SQLite: logins: argon2id alone 12 ms; password login, Countersign 15 ms;/);
  assert.match(svg, /@media \(prefers-color-scheme: dark\)/);
});

test('what a database uses counts too, and a date that is none breaks nothing', () => {
  const [, postgres] = report.databases;
  assert.deepEqual(panelsOf(postgres)[1]?.bars, [
    { label: 'session check, Countersign', kind: 'countersign', value: 0.75 },
  ]);
  checkXml(chartOf({ ...report, date: '<"&' }));
});

test('without Better Auth nobody is told of it', () => {
  const own = report.databases.map(({ flavour, rows }) => ({
    flavour,
    rows: rows.filter(({ by }) => by !== 'betterAuth'),
  }));
  assert.doesNotMatch(chartOf({ ...report, databases: own }), /Better Auth/);
});
