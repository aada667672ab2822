import { openConnection, type Connection } from './client.ts';
import { quantile } from '../statistics.ts';

/** Numbers of concurrent clients. */
export const levels = [1, 16, 64] as const;

/** How often some work was done, in how many seconds, and its latency in milliseconds. */
export type Counted = { readonly done: number; readonly seconds: number; readonly p50: number; readonly p99: number };

export type Timed = { readonly clients: number; readonly seconds: number };

/** Many clients, each over its own connection, until the time is over. Each call has a turn of its own. */
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

/** Repeats some work until the time is over. Work that is unfinished then is counted too, with its time. */
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

/** Each item once, divided among clients. */
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

/** The item of a turn, in rotation. */
export function pick<Item>(list: readonly Item[], turn: number): Item {
  const item = list[turn % list.length];
  if (item === undefined) throw new Error('the list is empty');
  return item;
}
