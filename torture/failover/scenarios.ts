import { setTimeout as wait } from 'node:timers/promises';
import type { FaultInjector, FaultContext } from '../faults.ts';
import type { Violation } from '../history.ts';
import type { Postgres } from '../postgres.ts';
import type { InjectedFault } from './summary.ts';
import type { Pair } from './pair.ts';

/** Milliseconds between two faults, and for which the standby is down. */
export type Pace = { readonly pause: number; readonly standbyDowntime: number };

/** What a scenario records. */
export type Notes = { readonly faults: InjectedFault[]; readonly violations: Violation[] };

/** Until the primary's failure is detected. Real monitoring takes longer. */
const detectionDelay = 500;

/** How long the former primary has to acknowledge a write. */
const patience = 3000;

/** The primary fails and the standby is promoted; a standby is down; and one is promoted while its primary still runs. */
export function failoverScenario(pair: Pair, pace: Pace, { elapsed }: FaultContext, notes: Notes): FaultInjector {
  return runScenario(
    async (inject) => {
      await wait(pace.pause);
      const killed = inject('primary killed');
      await pair.primary().kill();
      await wait(detectionDelay);
      await failOver(pair, killed, elapsed);
      await wait(pace.pause);
      await pair.attachStandby();
      await wait(pace.pause);

      const stopped = inject('standby stopped');
      await pair.standby().kill();
      await wait(pace.standbyDowntime);
      await pair.standby().start();
      stopped.repairedAt = elapsed();
      await wait(pace.pause);

      const split = inject('former primary still runs');
      const former = pair.primary();
      await failOver(pair, split, elapsed);
      if (await acknowledges(former)) {
        const what = 'a former primary acknowledged a write after its standby was promoted';
        notes.violations.push({ rule: 'acknowledged changes are kept', what, seen: [] });
      }
      await former.kill();
      await wait(pace.pause);
    },
    elapsed,
    notes,
  );
}

/** The standby lags behind, and is promoted although the primary acknowledged commits that it does not have. */
export function dataLossScenario(pair: Pair, pace: Pace, { elapsed }: FaultContext, notes: Notes): FaultInjector {
  return runScenario(
    async (inject) => {
      await wait(pace.pause);
      pair.replication.forwardTo(undefined);
      pair.replication.dropConnections();
      await wait(pace.pause);
      const killed = inject('primary killed');
      await pair.primary().kill();
      await failOver(pair, killed, elapsed);
      await wait(pace.pause);
    },
    elapsed,
    notes,
  );
}

async function failOver(pair: Pair, fault: InjectedFault, elapsed: () => number): Promise<void> {
  await pair.promote();
  pair.redirectClients();
  fault.repairedAt = elapsed();
}

/** Whether a server acknowledges a write. */
async function acknowledges(server: Postgres): Promise<boolean> {
  // The server answers, so only the commit can stay without an answer.
  await server.query('select 1');
  try {
    await server.query('create table acknowledged ()', patience);
    return true;
  } catch {
    return false;
  }
}

function runScenario(
  script: (inject: (name: string) => InjectedFault) => Promise<void>,
  elapsed: () => number,
  { faults }: Notes,
): FaultInjector {
  const counts = new Map<string, number>();
  const inject = (name: string) => {
    const fault: InjectedFault = { name, injectedAt: elapsed(), repairedAt: Infinity };
    faults.push(fault);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return fault;
  };
  let over = false;
  const running = script(inject).finally(() => (over = true));
  running.catch(() => {});
  return { counts, over: () => over, stop: () => running };
}
