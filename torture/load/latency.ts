import { countOf, othersIn, within } from './load-process.ts';
import type { Heard } from './load-worker.ts';
import type { Lab } from './lab.ts';
import { milliseconds } from './report.ts';

/** Expects that who looked meanwhile got a 200 each time, and 99 of 100 of these within so many milliseconds. */
export function expectPunctual(lab: Lab, seen: Readonly<Record<string, Heard>>, bound: number): void {
  for (const [name, answered] of Object.entries(seen)) {
    const others = othersIn(answered, 200);
    const p99 = within(answered, 0.99, 200);
    lab.expect(
      `${name} meanwhile: 200 within ${bound} ms`,
      others === '' && p99 <= bound,
      `${others || `${countOf(answered)} times`}, p99 ${milliseconds(p99)}`,
    );
  }
}
