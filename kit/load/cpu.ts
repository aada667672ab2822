import { readdirSync, readFileSync } from 'node:fs';

/** Nanoseconds of CPU of each thread, by its id. */
export type Usage = ReadonlyMap<string, number>;

/**
 * Of a process, its threads and its children (Linux only, elsewhere undefined). `/proc/PID/stat` counts in hundredths of a second, which is too
 * coarse; the scheduler counts nanoseconds.
 */
export function usageOf(pid: number | undefined): Usage | undefined {
  if (process.platform !== 'linux' || pid === undefined) return undefined;
  const usage = new Map<string, number>();
  const pids = [String(pid)];
  for (const one of pids) {
    for (const thread of orNothing(() => readdirSync(`/proc/${one}/task`), [])) {
      const at = `/proc/${one}/task/${thread}`;
      usage.set(thread, Number(orNothing(() => readFileSync(`${at}/schedstat`, 'utf8'), '0').split(' ')[0]));
      pids.push(
        ...orNothing(() => readFileSync(`${at}/children`, 'utf8'), '')
          .split(' ')
          .filter(Boolean),
      );
    }
  }
  return usage;
}

/** Milliseconds between two readings, without threads that ended in between. */
export function spent(before: Usage | undefined, after: Usage | undefined): number | undefined {
  if (!before || !after) return undefined;
  return [...after].reduce((sum, [thread, used]) => sum + used - (before.get(thread) ?? 0), 0) / 1e6;
}

/** A thread may end while it is read. */
function orNothing<Value>(look: () => Value, nothing: Value): Value {
  try {
    return look();
  } catch {
    return nothing;
  }
}
