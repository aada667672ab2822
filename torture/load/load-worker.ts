/** Makes load, in a process of its own: told over IPC what to ask, it asks until it is told to stop, and answers with what came. */
import { setTimeout as wait } from 'node:timers/promises';
import { openConnection, type Answer, type Ask, type Connection } from '../../kit/load/client.ts';

/** Clients who ask the same things, each over a connection of its own. */
export type Group = {
  readonly name: string;
  readonly clients: number;
  readonly asks: readonly Ask[];
  /** Milliseconds from one request of a client to its next; absent: as fast as answers come. */
  readonly every?: number;
  /** Whether each request is made once; otherwise they come round again. */
  readonly once?: boolean;
};

export type Order = { readonly url: string; readonly groups: readonly Group[] };

/** What a group was answered. */
export type Heard = {
  /** By status: milliseconds of each, and one answer as it was. */
  readonly answers: Readonly<Record<number, { readonly times: number[]; readonly sample: Answer }>>;
  /** Requests that got none, by why. */
  readonly failed: Readonly<Record<string, number>>;
  /** How many were told to come later (429, 503) and not when. */
  readonly timeless: number;
};

/** Milliseconds after which a client says that it was left hanging. */
const patience = 40_000;

const over = new AbortController();

async function listen({ url, groups }: Order): Promise<Record<string, Heard>> {
  const heard = await Promise.all(groups.map(async (group) => [group.name, await beGroup(url, group)] as const));
  return Object.fromEntries(heard);
}

async function beGroup(url: string, { clients, asks, every, once }: Group): Promise<Heard> {
  const answers: Record<number, { times: number[]; sample: Answer }> = {};
  const failed: Record<string, number> = {};
  let timeless = 0;
  let turn = 0;

  function keep(answer: Answer, took: number): void {
    (answers[answer.status] ??= { times: [], sample: answer }).times.push(took);
    const later = answer.status === 429 || answer.status === 503;
    if (later && !/\r\nretry-after: [1-9]/i.test(answer.head)) timeless += 1;
  }

  async function client(): Promise<void> {
    let connection: Connection | undefined;
    while (!over.signal.aborted) {
      const ask = asks[once ? turn : turn % asks.length];
      turn += 1;
      if (!ask) break;
      const began = performance.now();
      try {
        connection ??= await openConnection(url);
        keep(await soon(connection.ask(ask)), performance.now() - began);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        failed[why] = (failed[why] ?? 0) + 1;
        connection?.close();
        connection = undefined;
        // Nobody who is turned away knocks again at once.
        await wait(100);
      }
      if (every !== undefined) await wait(Math.max(0, began + every - performance.now()));
    }
    connection?.close();
  }

  await Promise.all(Array.from({ length: clients }, client));
  return { answers, failed, timeless };
}

async function soon(answer: Promise<Answer>): Promise<Answer> {
  const timer = Promise.withResolvers<never>();
  const handle = setTimeout(() => timer.reject(new Error('no answer')), patience);
  try {
    return await Promise.race([answer, timer.promise]);
  } finally {
    clearTimeout(handle);
  }
}

process.on('message', (told: Order | 'stop') => {
  if (told === 'stop') {
    over.abort();
    return;
  }
  listen(told).then(
    (heard) => process.send?.({ heard }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
