/** What is measured, in which order, and what limits it. */
import { availableParallelism } from 'node:os';
import { levels } from '../kit/load/clients.ts';
import type { JobName } from './jobs.ts';
import type { ServerName } from './measured-servers.ts';

export type Flavour = 'sqlite' | 'postgres';

export type Step = {
  readonly job: JobName;
  readonly clients: number;
  /** Whose CPU counts; `load` stands for the process itself that makes the load, where there is no server. */
  readonly by: ServerName | 'hello' | 'load';
};

/** Names a step, and what was measured in it. */
export const keyOf = ({ job, clients, by }: Step) => `${by} ${job} ${clients}`;

const limits = ['hashes', 'commits', 'hellos'] as const;

/** A job of a server, and the bare one that it can't be faster than. */
type Limited = { readonly job: JobName; readonly limit: (typeof limits)[number] };

/** Those that Better Auth does too. */
export const shared: readonly Limited[] = [
  { job: 'passwordLogins', limit: 'hashes' },
  { job: 'secondFactors', limit: 'commits' },
  { job: 'fullLogins', limit: 'hashes' },
  { job: 'sessionChecks', limit: 'hellos' },
];

const own: readonly Limited[] = [
  { job: 'stepUps', limit: 'commits' },
  { job: 'refreshes', limit: 'commits' },
  { job: 'attemptsPages', limit: 'hellos' },
];

/** With one number of clients: it is a full login whose password is hashed twice. */
const authtoken: Limited = { job: 'authtokenLogins', limit: 'hashes' };

export const operations: readonly Limited[] = [...shared, ...own, authtoken];

/** A round goes through these in this order, so that what is compared is measured side by side. */
export function stepsOf(flavour: Flavour, withBetterAuth: boolean): readonly Step[] {
  const withServers = ({ job }: Limited, clients: number): readonly Step[] => {
    const beside = withBetterAuth && shared.some((one) => one.job === job);
    return [{ job, clients, by: 'house' }, ...(beside ? [{ job, clients, by: 'betterAuth' } as const] : [])];
  };
  const steps = levels.flatMap((clients) =>
    limits.flatMap((limit) => [
      limitOf(limit, clients, flavour),
      ...operations
        .filter((one) => one.limit === limit && (one !== authtoken || clients === 16))
        .flatMap((one) => withServers(one, clients)),
    ]),
  );
  // Some limits are the same for any number of clients.
  return [...new Map(steps.map((step) => [keyOf(step), step])).values()];
}

/** As many hashes as there are CPUs are all that many clients can have at a time, and SQLite has one that writes. */
export function limitOf(limit: Limited['limit'], clients: number, flavour: Flavour): Step {
  if (limit === 'hellos') return { job: limit, clients, by: 'hello' };
  const atATime = limit === 'hashes' ? Math.min(clients, availableParallelism()) : flavour === 'sqlite' ? 1 : clients;
  return { job: limit, clients: atATime, by: 'load' };
}
