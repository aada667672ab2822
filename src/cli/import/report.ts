import { closeSync, openSync, writeSync } from 'node:fs';
import type { Skipped } from '../../engine/operator/import-users.ts';

/** The result for one entry of the source. */
export type Line = {
  readonly at: string;
  /** Absent if it is not a valid name. */
  readonly name?: string | undefined;
} & ({ readonly outcome: 'existing' } | ({ readonly outcome: 'skipped' } & Skipped));

export type Report = {
  addImported(users: number): void;
  add(line: Line): void;
  /** The number of skipped items. */
  readonly skipped: () => number;
  /** Whether the source was refused as a whole. */
  readonly isRefused: () => boolean;
  /** The report as text. */
  text(): string;
  close(): void;
};

/** Counts the results of an import, and writes each skipped item to a file if one is given. */
export function createReport(file: string | undefined, dryRun: boolean): Report {
  const descriptor = file === undefined ? undefined : openSync(file, 'w', 0o600);
  const reasons = new Map<string, number>();
  const count = { imported: 0, existing: 0, users: 0, skipped: 0, sources: 0 };
  return {
    addImported: (users) => void (count.imported += users),
    add(line) {
      if (descriptor !== undefined) writeSync(descriptor, `${JSON.stringify(line)}\n`);
      if (line.outcome === 'existing') {
        count.existing += 1;
        return;
      }
      if (line.what === 'user') count.users += 1;
      if (line.what === 'source') count.sources += 1;
      count.skipped += 1;
      const reason = `${line.what}: ${line.why}`;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    },
    skipped: () => count.skipped,
    isRefused: () => count.sources > 0,
    text() {
      const [was, were] = dryRun ? ['would be imported', 'would be skipped'] : ['imported', 'skipped'];
      const users = `users: ${number(count.imported)} ${was}, ${number(count.existing)} existing, ${number(count.users)} ${were}\n`;
      if (count.skipped === 0) return users;
      const rows = [...reasons].toSorted(([, one], [, other]) => other - one);
      return `${users}${were}:\n${rows.map(([reason, occurrences]) => `${number(occurrences).padStart(9)}  ${reason}\n`).join('')}`;
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}

const number = (count: number) => count.toLocaleString('en');
