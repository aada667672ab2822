import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { quantile } from '../../kit/statistics.ts';
import type { Group, GroupResult, LoadOrder } from './load-worker.ts';

/** A process of clients that send requests. */
export type LoadProcess = {
  /** Lets the clients end their requests, and returns the results. */
  stop(): Promise<Readonly<Record<string, GroupResult>>>;
};

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts a process, so that load and monitoring do not slow down each other. */
export function startLoad(url: string, groups: readonly Group[]): LoadProcess {
  const child = fork(join(import.meta.dirname, 'load-worker.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  children.add(child);
  child.send({ url, groups } satisfies LoadOrder);
  const answered = once(child, 'message') as Promise<
    [{ readonly result?: Readonly<Record<string, GroupResult>>; readonly error?: string }]
  >;
  return {
    async stop() {
      child.send('stop');
      const [{ result, error }] = await answered;
      children.delete(child);
      child.kill('SIGKILL');
      if (!result) throw new Error(`the clients failed: ${error}`);
      return result;
    },
  };
}

/** How many answers had one of these statuses; all answers when none is named. */
export function countOf(result: GroupResult, ...statuses: readonly number[]): number {
  return timesOf(result, ...statuses).length;
}

/** The latency quantile in milliseconds: 0.99 for p99. */
export const latency = (result: GroupResult, share: number, ...statuses: readonly number[]): number =>
  quantile(timesOf(result, ...statuses), share);

/** Other statuses than these, and failures, as text; empty when there were none. */
export function othersIn(result: GroupResult, ...statuses: readonly number[]): string {
  const answers = Object.entries(result.answers)
    .filter(([status]) => !statuses.includes(Number(status)))
    .map(([status, { times }]) => `${times.length} times ${status}`);
  return [...answers, ...Object.entries(result.failed).map(([why, times]) => `${times} times ${why}`)].join(', ');
}

function timesOf(result: GroupResult, ...statuses: readonly number[]): readonly number[] {
  return Object.entries(result.answers)
    .filter(([status]) => statuses.length === 0 || statuses.includes(Number(status)))
    .flatMap(([, { times }]) => times);
}
