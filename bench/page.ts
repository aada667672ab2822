/** The parts of docs/performance.md that a run writes, and its chart. */
import { readFileSync, writeFileSync } from 'node:fs';
import { chartOf } from './chart.ts';
import type { Figures } from './figures.ts';
import type { machine } from '../kit/run-environment.ts';
import { asMarkdown, equalTimeOf, tablesOf } from './table.ts';

export type Report = {
  /** The day, as YYYY-MM-DD. */
  readonly date: string;
  readonly where: ReturnType<typeof machine>;
  /** Its version; undefined when it was not measured. */
  readonly betterAuth: string | undefined;
  readonly seconds: number;
  readonly rounds: number;
  readonly people: number;
  readonly databases: readonly Figures[];
};

const page = 'docs/performance.md';
const chart = 'docs/performance.svg';
const marks = { begin: '<!-- figures: npm run bench -- --write -->\n', end: '<!-- end of figures -->' } as const;

const titles = { sqlite: 'SQLite', postgres: 'PostgreSQL' } as const;

export function aboutOf({ date, where, betterAuth, seconds, rounds }: Report): string {
  const compared = betterAuth === undefined ? 'without Better Auth' : `with Better Auth ${betterAuth}`;
  return `Countersign ${where.version}, ${compared}, Node ${where.node}, ${where.cpus} CPUs (${where.cpu}), on ${date}.
The load is made on the same CPUs. Load before the run: ${where.loadBefore?.toFixed(2)}.
Medians of ${rounds} rounds of ${seconds} s, with minimum and maximum in parentheses.`;
}

export function writePage(report: Report): void {
  writeFileSync(page, replaced(readFileSync(page, 'utf8'), figuresPart(report)));
  writeFileSync(chart, chartOf(report));
}

/** Replaces the part between the marks. */
export function replaced(text: string, part: string): string {
  const [begin, end] = [text.indexOf(marks.begin), text.indexOf(marks.end)];
  if (begin < 0 || end < begin) throw new Error(`${page} has no marks for the figures`);
  return `${text.slice(0, begin)}${marks.begin}\n${part}\n\n${text.slice(end)}`;
}

function figuresPart(report: Report): string {
  const ofDatabase = (figures: Figures) => [
    ...tablesOf(figures).flatMap((table) => [`### ${titles[figures.flavour]}: ${table.title}`, asMarkdown(table)]),
    equalTimeOf(figures).join('\n'),
  ];
  return [aboutOf(report), ...report.databases.flatMap(ofDatabase)].join('\n\n');
}
