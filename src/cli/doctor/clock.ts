import { second, systemClock } from '../../base/clock.ts';
import type { ServerSettings } from '../settings.ts';
import { ok, problem, warning, type Finding } from './finding.ts';

/** A code of an authenticator app is valid for 30 seconds, and for one step before and after. */
const [noticeable, wrong] = [5 * second, 30 * second];

/** Compares another clock, in milliseconds since the Unix epoch, with this machine's. */
export function checkDifference(name: string, theirs: number, ours: number, precision = 0): Finding {
  const apart = Math.max(0, Math.abs(ours - theirs) - precision);
  const state = `${name} is ${(apart / second).toFixed(1)} s off this machine's`;
  if (apart < noticeable) return ok('clock', state);
  const advice = 'synchronize both clocks with NTP: codes of authenticator apps depend on them';
  return apart < wrong ? warning('clock', state, advice) : problem('clock', state, advice);
}

/** Asks the server itself, through its proxy if there is one. */
export async function checkClock({ url, port }: ServerSettings): Promise<readonly Finding[]> {
  const base = url ?? `http://localhost:${port}`;
  const date = await dateOf(`${base}/health/live`);
  if (date === undefined)
    return [warning('server', `nothing answers at ${base}`, 'start it, or check the proxy in front of it')];
  // The header has whole seconds.
  return [ok('server', `answers at ${base}`), checkDifference("the server's clock", date, systemClock.now(), second)];
}

async function dateOf(url: string): Promise<number | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(3 * second), redirect: 'manual' });
    const date = Date.parse(answer.headers.get('date') ?? '');
    return answer.ok && !Number.isNaN(date) ? date : undefined;
  } catch {
    return undefined;
  }
}
