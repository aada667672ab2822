import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { quantile } from '../../kit/statistics.ts';
import type { Group, Heard, Order } from './load-worker.ts';

/** Clients at work. */
export type Crowd = {
  /** Lets them end what they have begun, and tells what they heard. */
  stop(): Promise<Readonly<Record<string, Heard>>>;
};

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** In a process of its own, so that those who make load and those who look how others fare do not wait for each other. */
export function openCrowd(url: string, groups: readonly Group[]): Crowd {
  const child = fork(join(import.meta.dirname, 'clients.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  children.add(child);
  child.send({ url, groups } satisfies Order);
  const answered = once(child, 'message') as Promise<
    [{ readonly heard?: Readonly<Record<string, Heard>>; readonly error?: string }]
  >;
  return {
    async stop() {
      child.send('stop');
      const [{ heard, error }] = await answered;
      children.delete(child);
      child.kill('SIGKILL');
      if (!heard) throw new Error(`the clients failed: ${error}`);
      return heard;
    },
  };
}

/** How many answers had one of these statuses; all of them when none is named. */
export function countOf(heard: Heard, ...statuses: readonly number[]): number {
  return timesOf(heard, ...statuses).length;
}

/** Milliseconds below which so great a share of the answers came. */
export const within = (heard: Heard, share: number, ...statuses: readonly number[]): number =>
  quantile(timesOf(heard, ...statuses), share);

/** Other statuses than these, and failures, in words; empty when there were none. */
export function othersIn(heard: Heard, ...statuses: readonly number[]): string {
  const answers = Object.entries(heard.answers)
    .filter(([status]) => !statuses.includes(Number(status)))
    .map(([status, { times }]) => `${times.length} times ${status}`);
  return [...answers, ...Object.entries(heard.failed).map(([why, times]) => `${times} times ${why}`)].join(', ');
}

function timesOf(heard: Heard, ...statuses: readonly number[]): readonly number[] {
  return Object.entries(heard.answers)
    .filter(([status]) => statuses.length === 0 || statuses.includes(Number(status)))
    .flatMap(([, { times }]) => times);
}
