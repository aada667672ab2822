import { aligned } from '../../kit/aligned.ts';
import { shown } from '../table.ts';
import { limit, type Compared } from './compare.ts';
import type { Made } from './trees.ts';

export function tableOf(database: string, { seconds, megabytes }: Made, compared: readonly Compared[]): string {
  const head = [database, 'small, ms', 'big, ms', 'big to small'];
  return [
    ...aligned([head, ...compared.map(cells)]),
    `The big tree was made in ${seconds.toFixed(0)} s and takes ${megabytes.toFixed(0)} MB.`,
  ].join('\n');
}

function cells({ name, small, big, ratio }: Compared): readonly string[] {
  const verdict = ratio.median > limit ? ` above ${limit}` : '';
  return [name, small.median.toFixed(2), big.median.toFixed(2), `${shown(ratio, 2)}${verdict}`];
}
