import type { History, Observation, Violation } from './history.ts';

export type About = {
  readonly database: string;
  readonly seed: number;
  readonly minutes: number;
  readonly speed: number;
  readonly nodes: number;
  /** How many secrets the logs were searched for. */
  readonly secrets: number;
  /** Refusals that were not logged, because the database was down. */
  readonly unlogged: number;
};

export type Figures = About & {
  readonly operations: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly violations: number;
  /** Outcomes by kind of operation. */
  readonly outcomes: Readonly<Record<string, Readonly<Record<Observation['outcome'], number>>>>;
};

export function figuresOf(
  about: About,
  { seen }: History,
  faults: ReadonlyMap<string, number>,
  violations: readonly Violation[],
): Figures {
  const { database, seed, minutes, speed, nodes, secrets, unlogged } = about;
  const outcomes: Record<string, Record<Observation['outcome'], number>> = {};
  for (const { op, outcome } of seen) {
    outcomes[op] ??= { ok: 0, refused: 0, unknown: 0 };
    outcomes[op][outcome] += 1;
  }
  return {
    database,
    seed,
    minutes: Number(minutes.toFixed(2)),
    speed,
    nodes,
    secrets,
    unlogged,
    operations: seen.length,
    faults: Object.fromEntries([...faults].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    violations: violations.length,
    outcomes,
  };
}

export function tableOf(figures: Figures): string {
  const { database, nodes, seed, minutes, speed, operations, secrets, unlogged, violations } = figures;
  const faults = Object.entries(figures.faults);
  const injected = faults.reduce((sum, [, count]) => sum + count, 0);
  const rows = Object.entries(figures.outcomes).map(
    ([op, { ok, refused, unknown }]) => `  ${op.padEnd(28)} ${cell(ok)} ${cell(refused)} ${cell(unknown)}`,
  );
  return [
    `${database}, ${nodes} servers, seed ${seed}, ${minutes} minutes at ${speed} times real time`,
    '',
    `  ${'operation'.padEnd(28)} ${['ok', 'refused', 'unknown'].map((text) => text.padStart(9)).join(' ')}`,
    ...rows,
    '',
    `  ${'fault'.padEnd(28)} ${'times'.padStart(9)}`,
    ...faults.map(([name, count]) => `  ${name.padEnd(28)} ${cell(count)}`),
    '',
    `secrets searched for in the servers' logs ${count(secrets)}, refusals without a row while the database was down ${count(unlogged)}`,
    `operations ${count(operations)}, faults ${count(injected)}, violations ${count(violations)}`,
  ].join('\n');
}

const count = (number: number) => number.toLocaleString('en-US');
const cell = (number: number) => count(number).padStart(9);
