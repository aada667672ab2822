/** Makes the load, in a process of its own: told over IPC what to do, it answers with what it counted. */
import type { Counted } from '../kit/load/clients.ts';
import { equalTime, type Times } from './equal-time.ts';
import { jobs, type Input, type JobName, type Ready } from './jobs.ts';
import { makeServed, type Served, type ServerName } from './measured-servers.ts';

const served = new Map<ServerName, Served>();
let ready: Ready | undefined;

type People = { readonly server: ServerName; readonly url: string; readonly people: number };

export const orders = {
  async makePeople({ server, url, people }: People): Promise<void> {
    served.set(server, await makeServed(server, url, people));
  },

  /** Prepares a job, which `go` does: in between, the CPU is looked at. */
  async prepare({ job, input }: { readonly job: JobName; readonly input: Input }): Promise<void> {
    ready = await jobs[job](input, at(input.server));
  },

  async go(): Promise<Counted> {
    if (!ready) throw new Error('nothing was prepared');
    return ready();
  },

  /** Logins that fail, in so many cycles of four. */
  equalTime({ cycles }: { readonly cycles: number }): Promise<Times> {
    const { url, plain } = at('house');
    return equalTime(url, plain, cycles);
  },
};

export type Orders = typeof orders;

function at(server: ServerName): Served {
  const found = served.get(server);
  if (!found) throw new Error(`nobody was made at ${server}`);
  return found;
}

type Told = { [Order in keyof Orders]: { readonly order: Order; readonly input: unknown } }[keyof Orders];

process.on('message', ({ order, input }: Told) => {
  const run = orders[order] as (given: unknown) => Promise<unknown>;
  run(input).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: `${order}: ${String(error)}` }),
  );
});
