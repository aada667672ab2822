import { writeFileSync } from 'node:fs';
import type { Outcome } from './experiment.ts';
import { tableOf } from './figures.ts';
import { storyOf } from './violation-text.ts';

export const tellProgress = (progress: string): void => void process.stderr.write(`${progress}\n`);

/** Says what came of an experiment, in a file as well where one is named. The exit code is 1 when something that was promised did not hold. */
export function tellOutcome({ figures, violations, seen }: Outcome, out: string | undefined, more: object = {}): void {
  process.stdout.write(`\n${tableOf(figures)}\n`);
  for (const violation of violations.slice(0, 20)) process.stdout.write(`\n${storyOf(violation, seen)}\n`);
  if (out !== undefined)
    writeFileSync(out, `${JSON.stringify({ ...figures, ...more, broken: violations }, null, 2)}\n`);
  if (violations.length > 0) process.exitCode = 1;
}
