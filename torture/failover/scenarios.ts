import { setTimeout as wait } from 'node:timers/promises';
import type { Faults, Happening } from '../faults.ts';
import type { Violation } from '../history.ts';
import type { Postgres } from '../postgres.ts';
import type { Blow } from './summary.ts';
import type { Pair } from './pair.ts';

/** How long, in milliseconds, all goes well between two blows; and how long the standby is away. */
export type Pace = { readonly rest: number; readonly away: number };

/** What is written down of a plot. */
export type Notes = { readonly blows: Blow[]; readonly violations: Violation[] };

/** Until somebody has noticed that the primary is gone. What watches over servers in earnest takes longer. */
const notice = 500;

/** For so long an old primary is asked to acknowledge a write. */
const patience = 3000;

/** The primary dies and the standby takes its place; a standby is away; and one takes the place of a primary that is still there. */
export function beginPlot(pair: Pair, pace: Pace, { elapsed }: Happening, notes: Notes): Faults {
  return plot(
    async (strike) => {
      await wait(pace.rest);
      const killed = strike('primary killed');
      await pair.primary().kill();
      await wait(notice);
      await takeOver(pair, killed, elapsed);
      await wait(pace.rest);
      await pair.follow();
      await wait(pace.rest);

      const left = strike('standby stopped');
      await pair.standby().kill();
      await wait(pace.away);
      await pair.standby().start();
      left.mended = elapsed();
      await wait(pace.rest);

      const split = strike('old primary left standing');
      const old = pair.primary();
      await takeOver(pair, split, elapsed);
      if (await acknowledges(old)) {
        const what = 'a primary whose standby had left it acknowledged a write';
        notes.violations.push({ rule: 'what was acknowledged is kept', what, seen: [] });
      }
      await old.kill();
      await wait(pace.rest);
    },
    elapsed,
    notes,
  );
}

/** The standby lags behind, and takes the place of a primary that has acknowledged what it never heard of. */
export function beginLoss(pair: Pair, pace: Pace, { elapsed }: Happening, notes: Notes): Faults {
  return plot(
    async (strike) => {
      await wait(pace.rest);
      pair.following.lead(undefined);
      pair.following.cut();
      await wait(pace.rest);
      const killed = strike('primary killed');
      await pair.primary().kill();
      await takeOver(pair, killed, elapsed);
      await wait(pace.rest);
    },
    elapsed,
    notes,
  );
}

async function takeOver(pair: Pair, blow: Blow, elapsed: () => number): Promise<void> {
  await pair.promote();
  pair.lead();
  blow.mended = elapsed();
}

/** Whether a server says that it has kept something. */
async function acknowledges(server: Postgres): Promise<boolean> {
  // It is there and answers, so it is the commit that it does not answer.
  await server.ask('select 1');
  try {
    await server.ask('create table acknowledged ()', patience);
    return true;
  } catch {
    return false;
  }
}

function plot(go: (strike: (name: string) => Blow) => Promise<void>, elapsed: () => number, { blows }: Notes): Faults {
  const counts = new Map<string, number>();
  const strike = (name: string) => {
    const blow: Blow = { name, struck: elapsed(), mended: Infinity };
    blows.push(blow);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return blow;
  };
  let over = false;
  const going = go(strike).finally(() => (over = true));
  going.catch(() => {});
  return { counts, over: () => over, stop: () => going };
}
