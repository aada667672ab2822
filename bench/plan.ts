/** The measurements, their order, and the limit of each. */
import { availableParallelism } from 'node:os';
import { levels } from '../kit/load/clients.ts';
import type { JobName } from './jobs.ts';
import type { ServerName } from './measured-servers.ts';

export type Flavour = 'sqlite' | 'postgres';

export type Step = {
  readonly job: JobName;
  readonly clients: number;
  /** Whose CPU counts; `load` is the load process itself, where there is no server. */
  readonly by: ServerName | 'hello' | 'load';
};

/** Identifies a step and its measurements. */
export const keyOf = ({ job, clients, by }: Step) => `${by} ${job} ${clients}`;

const limits = ['hashes', 'commits', 'hellos'] as const;

/** A job of a server, and the job that limits its rate. */
type Limited = { readonly job: JobName; readonly limit: (typeof limits)[number] };

/** Jobs that Better Auth has too. */
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

/** Measured with one number of clients: it is a full login that hashes the password twice. */
const authtoken: Limited = { job: 'authtokenLogins', limit: 'hashes' };

export const operations: readonly Limited[] = [...shared, ...own, authtoken];

/** A round in this order, so that what is compared is measured one after the other. */
export function stepsOf(flavour: Flavour, withBetterAuth: boolean): readonly Step[] {
  const withServers = ({ job }: Limited, clients: number): readonly Step[] => {
    const beside = withBetterAuth && shared.some((one) => one.job === job);
    return [{ job, clients, by: 'countersign' }, ...(beside ? [{ job, clients, by: 'betterAuth' } as const] : [])];
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

/** Hashes run on as many threads as there are CPUs, and SQLite has one writer. */
export function limitOf(limit: Limited['limit'], clients: number, flavour: Flavour): Step {
  if (limit === 'hellos') return { job: limit, clients, by: 'hello' };
  const atATime = limit === 'hashes' ? Math.min(clients, availableParallelism()) : flavour === 'sqlite' ? 1 : clients;
  return { job: limit, clients: atATime, by: 'load' };
}
