import { readdirSync, readFileSync } from 'node:fs';

/** Nanoseconds that each thread has been on a CPU so far, by its id. */
export type Usage = ReadonlyMap<string, number>;

/**
 * Of a process, its threads and its children (Linux only, elsewhere undefined). `/proc/PID/stat` counts in hundredths of a second, which is too
 * coarse for what takes one; the scheduler's own count is in nanoseconds.
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

/** Milliseconds in between two looks. What a thread used that has ended meanwhile is not known. */
export function spent(before: Usage | undefined, after: Usage | undefined): number | undefined {
  if (!before || !after) return undefined;
  return [...after].reduce((sum, [thread, used]) => sum + used - (before.get(thread) ?? 0), 0) / 1e6;
}

/** Threads end while one looks at them. */
function orNothing<Value>(look: () => Value, nothing: Value): Value {
  try {
    return look();
  } catch {
    return nothing;
  }
}
