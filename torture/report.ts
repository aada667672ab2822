import { writeFileSync } from 'node:fs';
import type { Outcome } from './experiment.ts';
import { tableOf } from './figures.ts';
import { describeViolation } from './violation-text.ts';

export const printProgress = (progress: string): void => void process.stderr.write(`${progress}\n`);

/** Prints the result of an experiment, and writes it to a file where one is named. The exit code is 1 when there are violations. */
export function printOutcome({ figures, violations, seen }: Outcome, out: string | undefined, more: object = {}): void {
  process.stdout.write(`\n${tableOf(figures)}\n`);
  for (const violation of violations.slice(0, 20)) process.stdout.write(`\n${describeViolation(violation, seen)}\n`);
  if (out !== undefined)
    writeFileSync(out, `${JSON.stringify({ ...figures, ...more, broken: violations }, null, 2)}\n`);
  if (violations.length > 0) process.exitCode = 1;
}
