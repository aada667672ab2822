import { openConnection, type Connection } from './client.ts';

/** How often something was done, in how many seconds. */
export type Counted = { readonly done: number; readonly seconds: number };

export type Timed = { readonly clients: number; readonly seconds: number };

/** Many clients, each over its own connection, until the time is over. No two are ever at the same turn. */
export async function overConnections(
  url: string,
  timed: Timed,
  work: (connection: Connection, turn: number) => Promise<void>,
): Promise<Counted> {
  const connections = await Promise.all(Array.from({ length: timed.clients }, () => openConnection(url)));
  let turn = 0;
  const counted = await forSeconds(timed, (client) => {
    turn += 1;
    return work(pick(connections, client), turn);
  });
  for (const connection of connections) connection.close();
  return counted;
}

/** What is under way when the time is over is waited for and counted, with the time it took. */
export async function forSeconds(
  { clients, seconds }: Timed,
  work: (client: number) => Promise<void>,
): Promise<Counted> {
  const began = performance.now();
  const end = began + seconds * 1000;
  let done = 0;
  async function client(number: number): Promise<void> {
    while (performance.now() < end) {
      await work(number);
      done += 1;
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return { done, seconds: (performance.now() - began) / 1000 };
}

/** Every item once, by so many clients. */
export async function once<Item>(
  url: string,
  clients: number,
  items: readonly Item[],
  work: (connection: Connection, item: Item) => Promise<void>,
): Promise<Counted> {
  const left = items.values();
  const connections = await Promise.all(Array.from({ length: clients }, () => openConnection(url)));
  const began = performance.now();
  // They share one iterator, so each takes the next that is left.
  const client = async (connection: Connection) => {
    for (const item of left) await work(connection, item);
  };
  await Promise.all(connections.map(client));
  const seconds = (performance.now() - began) / 1000;
  for (const connection of connections) connection.close();
  return { done: items.length, seconds };
}

/** The item whose turn it is, round and round. */
export function pick<Item>(list: readonly Item[], turn: number): Item {
  const item = list[turn % list.length];
  if (item === undefined) throw new Error('nobody was prepared');
  return item;
}
