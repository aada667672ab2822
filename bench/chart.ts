/** The chart of docs/performance.md: the CPU of each operation. */
import type { Figures, Row } from './figures.ts';
import type { JobName } from './jobs.ts';
import { names } from './table.ts';

type Kind = 'limit' | 'countersign' | 'betterAuth';

export type Bar = { readonly label: string; readonly kind: Kind; readonly value: number };

/** Bars on one scale. */
export type Panel = { readonly title: string; readonly bars: readonly Bar[] };

export type ChartData = {
  readonly date: string;
  readonly databases: readonly Pick<Figures, 'flavour' | 'rows'>[];
};

const titleOf = { limit: 'no server', countersign: 'Countersign', betterAuth: 'Better Auth' } as const;
const titles = { sqlite: 'SQLite', postgres: 'PostgreSQL' } as const;

/** Operations with a hash have a panel of their own: on its scale the others would be invisible. */
const hashing: readonly JobName[] = ['hashes', 'passwordLogins', 'fullLogins'];
const others: readonly JobName[] = ['secondFactors', 'stepUps', 'refreshes', 'sessionChecks', 'attemptsPages'];

export function panelsOf({ flavour, rows }: ChartData['databases'][number]): readonly Panel[] {
  const panel = (what: string, jobs: readonly JobName[]) => ({
    title: `${titles[flavour]}: ${what}`,
    bars: jobs.flatMap((job) => rows.filter((row) => row.job === job && atOnce(row)).flatMap(barOf)),
  });
  return [panel('logins', hashing), panel('without a password', others)];
}

/** With sixteen clients; hashes alone have as many clients as CPUs. */
const atOnce = ({ job, clients, by }: Row) => clients === 16 || (job === 'hashes' && by === 'load' && clients > 1);

function barOf({ by, job, cpu, databaseCpu }: Row): readonly Bar[] {
  if (!cpu) return [];
  const kind = by === 'countersign' || by === 'betterAuth' ? by : 'limit';
  const label = kind === 'limit' ? names[job] : `${names[job]}, ${titleOf[kind]}`;
  return [{ label, kind, value: cpu.median + (databaseCpu?.median ?? 0) }];
}

const size = { width: 860, label: 250, bar: 500, row: 22, head: 34, top: 64 } as const;

export function chartOf({ date, databases }: ChartData): string {
  const panels = databases.flatMap(panelsOf).filter(({ bars }) => bars.length > 0);
  let y: number = size.top;
  const drawn: string[] = [];
  for (const panel of panels) {
    drawn.push(drawnPanel(panel, y));
    y += size.head + panel.bars.length * size.row + size.row;
  }
  const description = panels.map(({ title, bars }) => `${title}: ${bars.map(sentenceOf).join('; ')}.`).join(' ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${y}" role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif" font-size="13">
<title id="title">Milliseconds of CPU for each operation, measured on ${escaped(date)}</title>
<desc id="desc">${escaped(description)}</desc>
<style>
text { fill: #1f2328 } .limit { fill: #8c959f } .countersign { fill: #2f6fde } .betterAuth { fill: #c2701c }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .limit { fill: #9198a1 } .countersign { fill: #5b92f5 } .betterAuth { fill: #e0954a } }
</style>
<text x="0" y="18" font-size="16" font-weight="600">CPU for each operation, with 16 clients: ms of server and database, less is better</text>
${drawnLegend(panels)}
${drawn.join('\n')}
</svg>
`;
}

function drawnLegend(panels: readonly Panel[]): string {
  const present = new Set(panels.flatMap(({ bars }) => bars.map(({ kind }) => kind)));
  return (['countersign', 'betterAuth', 'limit'] as const)
    .filter((kind) => present.has(kind))
    .map((kind, at) => {
      const x = at * 130;
      return `<rect class="${kind}" x="${x}" y="32" width="12" height="12" rx="2"/><text x="${x + 18}" y="43">${titleOf[kind]}</text>`;
    })
    .join('\n');
}

function drawnPanel({ title, bars }: Panel, y: number): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const lines = bars.map(({ label, kind, value }, at) => {
    const top = y + size.head + at * size.row;
    const width = ((value / most) * size.bar).toFixed(1);
    const end = (size.label + Number(width) + 6).toFixed(1);
    return `<text x="${size.label - 8}" y="${top + 12}" text-anchor="end">${escaped(label)}</text>
<rect class="${kind}" x="${size.label}" y="${top}" width="${width}" height="16" rx="2"/>
<text x="${end}" y="${top + 12}">${inMilliseconds(value)}</text>`;
  });
  return `<text x="0" y="${y + 18}" font-weight="600">${escaped(title)}</text>\n${lines.join('\n')}`;
}

const sentenceOf = ({ label, value }: Bar) => `${label} ${inMilliseconds(value)}`;

const inMilliseconds = (value: number) => `${Number(value.toPrecision(2))} ms`;

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
