import { countOf, othersIn, latency } from './load-process.ts';
import type { GroupResult } from './load-worker.ts';
import type { Lab } from './lab.ts';
import { milliseconds } from './report.ts';
import type { Server } from './server.ts';

/** Expects that the monitors got only 200, with a p99 within these milliseconds. */
export function expectLatency(lab: Lab, seen: Readonly<Record<string, GroupResult>>, bound: number): void {
  for (const [name, answered] of Object.entries(seen)) {
    const others = othersIn(answered, 200);
    const p99 = latency(answered, 0.99, 200);
    lab.expect(
      `${name} during it: 200 within ${bound} ms`,
      others === '' && p99 <= bound,
      `${others || `${countOf(answered)} times`}, p99 ${milliseconds(p99)}`,
    );
  }
}

export function expectNoFaults(lab: Lab, { log }: Server): void {
  const faults = log.logWatcher.faults();
  lab.expect('no fault in the log', faults.length === 0, faults[0] ?? 'none');
}
