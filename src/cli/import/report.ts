import { closeSync, openSync, writeSync } from 'node:fs';
import type { Skipped } from '../../engine/operator/import-users.ts';

/** The result for one entry of the source. */
export type Line = {
  readonly at: string;
  /** Absent if it is not a valid name. */
  readonly name?: string | undefined;
} & ({ readonly outcome: 'there already' } | ({ readonly outcome: 'not taken' } & Skipped));

export type Report = {
  made(users: number): void;
  add(line: Line): void;
  /** The number of items that were not taken. */
  readonly left: () => number;
  /** Whether the source was refused as a whole. */
  readonly isRefused: () => boolean;
  /** The report as text. */
  text(): string;
  close(): void;
};

/** Counts the results of an import, and writes each item that was not taken to a file if one is given. */
export function createReport(file: string | undefined, dryRun: boolean): Report {
  const descriptor = file === undefined ? undefined : openSync(file, 'w', 0o600);
  const reasons = new Map<string, number>();
  const count = { made: 0, there: 0, users: 0, left: 0, sources: 0 };
  return {
    made: (users) => void (count.made += users),
    add(line) {
      if (descriptor !== undefined) writeSync(descriptor, `${JSON.stringify(line)}\n`);
      if (line.outcome === 'there already') {
        count.there += 1;
        return;
      }
      if (line.what === 'user') count.users += 1;
      if (line.what === 'source') count.sources += 1;
      count.left += 1;
      const reason = `${line.what}: ${line.why}`;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    },
    left: () => count.left,
    isRefused: () => count.sources > 0,
    text() {
      const [was, were] = dryRun ? ['would be made', 'would not be taken'] : ['made', 'not taken'];
      const users = `users: ${number(count.made)} ${was}, ${number(count.there)} there already, ${number(count.users)} ${were}\n`;
      if (count.left === 0) return users;
      const rows = [...reasons].toSorted(([, one], [, other]) => other - one);
      return `${users}${were}:\n${rows.map(([reason, times]) => `${number(times).padStart(9)}  ${reason}\n`).join('')}`;
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}

const number = (count: number) => count.toLocaleString('en');
