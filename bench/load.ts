/** The load process: gets orders over IPC, and answers with what it counted. */
import type { Counted } from '../kit/load/clients.ts';
import { equalTime, type Times } from './equal-time.ts';
import { jobs, type Input, type JobName, type Ready } from './jobs.ts';
import { prepareServer, type ServerUnderTest, type ServerName } from './measured-servers.ts';

const servers = new Map<ServerName, ServerUnderTest>();
let ready: Ready | undefined;

type People = { readonly server: ServerName; readonly url: string; readonly people: number };

export const orders = {
  async makePeople({ server, url, people }: People): Promise<void> {
    servers.set(server, await prepareServer(server, url, people));
  },

  /** Prepares a job for `start`: the CPU is read in between. */
  async prepare({ job, input }: { readonly job: JobName; readonly input: Input }): Promise<void> {
    ready = await jobs[job](input, at(input.server));
  },

  async start(): Promise<Counted> {
    if (!ready) throw new Error('no job was prepared');
    return ready();
  },

  /** Failed logins, in cycles of four. */
  equalTime({ cycles }: { readonly cycles: number }): Promise<Times> {
    const { url, plain } = at('countersign');
    return equalTime(url, plain, cycles);
  },
};

export type Orders = typeof orders;

function at(server: ServerName): ServerUnderTest {
  const found = servers.get(server);
  if (!found) throw new Error(`no people were made at ${server}`);
  return found;
}

type OrderMessage = { [Order in keyof Orders]: { readonly order: Order; readonly input: unknown } }[keyof Orders];

process.on('message', ({ order, input }: OrderMessage) => {
  const run = orders[order] as (given: unknown) => Promise<unknown>;
  run(input).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: `${order}: ${String(error)}` }),
  );
});
