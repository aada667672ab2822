import type { Figure, Figures, Row, StartRow } from './figures.ts';

export function tableOf({ rows, starts, equalTime }: Figures): string {
  return [
    ...aligned([['', 'per second', 'CPU each', 'compared'], ...rows.map(rateCells)]),
    '',
    ...aligned([['start', 'to first answer', 'CPU', 'memory at rest'], ...starts.map(startCells)]),
    '',
    'Time of a login with an unknown name, divided by that of one with a wrong password:',
    ...Object.entries(equalTime).map(
      ([name, { ratio, chance }]) =>
        `${name} ${ratio.toFixed(3)}, and each divided by itself ${chance.map((one) => one.toFixed(3)).join(' and ')}`,
    ),
  ].join('\n');
}

function rateCells({ name, perSecond, cpu, compared }: Row): readonly string[] {
  return [name, shown(perSecond), milliseconds(cpu), compared ? comparison(compared) : ''];
}

function comparison({ words, rate, cpu }: NonNullable<Row['compared']>): string {
  if (!rate) return cpu ? `${shown(cpu, 2)} ${words}` : '';
  return `${shown(rate, 2)} ${words}${cpu ? `, by CPU ${cpu.median.toFixed(2)}` : ''}`;
}

function startCells({ name, took, cpu, memory }: StartRow): readonly string[] {
  return [name, `${shown(took)} ms`, milliseconds(cpu), `${shown(memory)} MB`];
}

const milliseconds = (cpu: Figure | undefined) => {
  if (!cpu) return '';
  return `${cpu.median < 100 ? cpu.median.toPrecision(2) : cpu.median.toFixed(0)} ms`;
};

export const shown = ({ median, least, most }: Figure, digits = 0) =>
  `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;

/** Lines in columns, as wide as their widest cell. */
export function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
}
