import { aligned } from '../kit/aligned.ts';
import type { Figure, Figures, Row, StartRow } from './figures.ts';
import type { JobName } from './jobs.ts';

export type Table = {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

export const names: Readonly<Record<JobName, string>> = {
  hashes: 'argon2id alone',
  commits: 'commits alone',
  hellos: 'hello world',
  passwordLogins: 'password login',
  secondFactors: 'second factor',
  fullLogins: 'full login',
  stepUps: 'step-up',
  authtokenLogins: 'authtoken login',
  sessionChecks: 'session check',
  refreshes: 'refresh',
  attemptsPages: 'attempts page',
};

/** The tables of one database: the limits, Countersign, Better Auth, and starts. */
export function tablesOf({ flavour, rows, starts }: Figures): readonly Table[] {
  const ofPostgres = flavour === 'postgres' ? ['CPU of PostgreSQL'] : [];
  const beside = rows.filter(({ by }) => by === 'betterAuth');
  const countersign = rows.filter(({ by }) => by === 'countersign');
  const columns = ['clients', 'per second', 'p50, ms', 'p99, ms', 'CPU, ms', ...ofPostgres];
  return [
    {
      title: 'Limits',
      head: ['limit', ...columns],
      rows: grouped(rows.filter(({ by }) => by === 'hello' || by === 'load')).map((row) => rateCells(row, flavour)),
    },
    {
      title: 'Countersign',
      head: ['operation', ...columns, 'CPUs busy', 'commits', 'reaches'],
      rows: grouped(countersign).map((row) => [
        ...rateCells(row, flavour),
        row.busy?.median.toFixed(1) ?? '',
        String(row.commits ?? ''),
        reached(row),
      ]),
    },
    ...(beside.length > 0
      ? [
          {
            title: 'Better Auth',
            head: ['operation', ...columns, 'commits', 'Countersign ÷ Better Auth: per second', 'CPU'],
            rows: grouped(beside).map((row) => besideCells(row, countersign, flavour)),
          },
        ]
      : []),
    { title: 'Start', head: ['start', 'to first answer', 'CPU, ms', 'memory at rest'], rows: starts.map(startCells) },
  ];
}

/** By operation, and within each by the number of clients. */
function grouped(rows: readonly Row[]): readonly Row[] {
  return Object.keys(names).flatMap((job) => rows.filter((row) => row.job === job));
}

function rateCells({ job, clients, perSecond, p50, p99, cpu, databaseCpu }: Row, flavour: Figures['flavour']) {
  return [
    names[job],
    String(clients),
    shown(perSecond),
    brief(p50.median),
    brief(p99.median),
    milliseconds(cpu),
    ...(flavour === 'postgres' ? [milliseconds(databaseCpu)] : []),
  ];
}

function besideCells(row: Row, countersign: readonly Row[], flavour: Figures['flavour']): readonly string[] {
  const { rate, cpu } =
    countersign.find(({ job, clients }) => job === row.job && clients === row.clients)?.toBetterAuth ?? {};
  return [...rateCells(row, flavour), String(row.commits ?? ''), rate ? shown(rate, 2) : '', cpu ? shown(cpu, 2) : ''];
}

function reached({ limit }: Row): string {
  if (!limit) return '';
  const byCpu = limit.cpu ? `, by CPU ${limit.cpu.median.toFixed(2)}` : '';
  return `${shown(limit.rate, 2)} of ${names[limit.job]}${byCpu}`;
}

function startCells({ name, took, cpu, memory }: StartRow): readonly string[] {
  return [name, `${shown(took)} ms`, milliseconds(cpu), `${shown(memory)} MB`];
}

/** For the promise that the time of a login does not reveal whether a name exists. */
export function equalTimeOf({ equalTime }: Figures): readonly string[] {
  const ratios = Object.entries(equalTime).map(
    ([name, { ratio, chance }]) =>
      `${name} ${ratio.toFixed(3)} (chance: ${chance.map((one) => one.toFixed(3)).join(', ')})`,
  );
  return ['Time of a login, unknown name ÷ wrong password:', `${ratios.join('; ')}.`];
}

/** Two significant digits, and no decimals from 100 on. */
const brief = (value: number) => (value < 100 ? String(Number(value.toPrecision(2))) : value.toFixed(0));

const milliseconds = (cpu: Figure | undefined) => (cpu ? brief(cpu.median) : '');

export const shown = ({ median, least, most }: Figure, digits = 0) =>
  `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;

export const asText = ({ head, rows }: Table) => aligned([head, ...rows]).join('\n');

export const asMarkdown = ({ head, rows }: Table) =>
  [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
