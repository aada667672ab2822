/** The load process: gets its requests over IPC, sends them until it is stopped, and returns the results. */
import { setTimeout as wait } from 'node:timers/promises';
import { openConnection, type Answer, type Ask, type Connection } from '../../kit/load/client.ts';

/** Clients with the same requests, each over its own connection. */
export type Group = {
  readonly name: string;
  readonly clients: number;
  readonly asks: readonly Ask[];
  /** Milliseconds from one request of a client to its next; as fast as answers come when absent. */
  readonly every?: number;
  /** Whether each request is sent once; otherwise they repeat. */
  readonly once?: boolean;
};

export type LoadOrder = { readonly url: string; readonly groups: readonly Group[] };

/** The answers to a group. */
export type GroupResult = {
  /** By status: milliseconds of each, and one answer as a sample. */
  readonly answers: Readonly<Record<number, { readonly times: number[]; readonly sample: Answer }>>;
  /** Requests without an answer, by error. */
  readonly failed: Readonly<Record<string, number>>;
  /** How many 429 and 503 lacked Retry-After. */
  readonly withoutRetryAfter: number;
};

/** Milliseconds after which a request fails with a timeout. */
const patience = 40_000;

const stopped = new AbortController();

async function runGroups({ url, groups }: LoadOrder): Promise<Record<string, GroupResult>> {
  const result = await Promise.all(groups.map(async (group) => [group.name, await runGroup(url, group)] as const));
  return Object.fromEntries(result);
}

async function runGroup(url: string, { clients, asks, every, once }: Group): Promise<GroupResult> {
  const answers: Record<number, { times: number[]; sample: Answer }> = {};
  const failed: Record<string, number> = {};
  let withoutRetryAfter = 0;
  let turn = 0;

  function record(answer: Answer, took: number): void {
    (answers[answer.status] ??= { times: [], sample: answer }).times.push(took);
    const later = answer.status === 429 || answer.status === 503;
    if (later && !/\r\nretry-after: [1-9]/i.test(answer.head)) withoutRetryAfter += 1;
  }

  async function client(): Promise<void> {
    let connection: Connection | undefined;
    while (!stopped.signal.aborted) {
      const ask = asks[once ? turn : turn % asks.length];
      turn += 1;
      if (!ask) break;
      const began = performance.now();
      try {
        connection ??= await openConnection(url);
        record(await withTimeout(connection.ask(ask)), performance.now() - began);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        failed[why] = (failed[why] ?? 0) + 1;
        connection?.close();
        connection = undefined;
        // A client that failed waits before its next connection.
        await wait(100);
      }
      if (every !== undefined) await wait(Math.max(0, began + every - performance.now()));
    }
    connection?.close();
  }

  await Promise.all(Array.from({ length: clients }, client));
  return { answers, failed, withoutRetryAfter };
}

async function withTimeout(answer: Promise<Answer>): Promise<Answer> {
  const timer = Promise.withResolvers<never>();
  const handle = setTimeout(() => timer.reject(new Error('no answer')), patience);
  try {
    return await Promise.race([answer, timer.promise]);
  } finally {
    clearTimeout(handle);
  }
}

process.on('message', (message: LoadOrder | 'stop') => {
  if (message === 'stop') {
    stopped.abort();
    return;
  }
  runGroups(message).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
