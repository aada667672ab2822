import { openConnection, type Connection } from './client.ts';
import { quantile } from '../statistics.ts';

/** How many clients there are at a time. */
export const levels = [1, 16, 64] as const;

/** How often something was done, in how many seconds, and how many milliseconds it took each time. */
export type Counted = { readonly done: number; readonly seconds: number; readonly p50: number; readonly p99: number };

export type Timed = { readonly clients: number; readonly seconds: number };

/** Many clients, each over its own connection, until the time is over. No two are ever at the same turn. */
export async function overConnections(
  url: string,
  timed: Timed,
  work: (connection: Connection, turn: number, client: number) => Promise<void>,
): Promise<Counted> {
  const connections = await connect(url, timed.clients);
  let turn = 0;
  const counted = await forSeconds(timed, (client) => {
    turn += 1;
    return work(pick(connections, client), turn, client);
  });
  for (const connection of connections) connection.close();
  return counted;
}

/** What is under way when the time is over is waited for and counted, with the time it took. */
export async function forSeconds(
  { clients, seconds }: Timed,
  work: (client: number) => Promise<void>,
): Promise<Counted> {
  const watch = startWatch();
  const end = performance.now() + seconds * 1000;
  async function client(number: number): Promise<void> {
    while (performance.now() < end) await watch.time(() => work(number));
  }
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return watch.read();
}

/** Every item once, by so many clients. */
export async function once<Item>(
  url: string,
  clients: number,
  items: readonly Item[],
  work: (connection: Connection, item: Item) => Promise<void>,
): Promise<Counted> {
  const left = items.values();
  const connections = await connect(url, clients);
  const watch = startWatch();
  // They share one iterator, so each takes the next that is left.
  const client = async (connection: Connection) => {
    for (const item of left) await watch.time(() => work(connection, item));
  };
  await Promise.all(connections.map(client));
  const counted = watch.read();
  for (const connection of connections) connection.close();
  return counted;
}

function connect(url: string, clients: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: clients }, () => openConnection(url)));
}

function startWatch() {
  const began = performance.now();
  const times: number[] = [];
  return {
    async time(work: () => Promise<void>): Promise<void> {
      const start = performance.now();
      await work();
      times.push(performance.now() - start);
    },
    read(): Counted {
      const seconds = (performance.now() - began) / 1000;
      return { done: times.length, seconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
    },
  };
}

/** The item whose turn it is, round and round. */
export function pick<Item>(list: readonly Item[], turn: number): Item {
  const item = list[turn % list.length];
  if (item === undefined) throw new Error('nobody was prepared');
  return item;
}
