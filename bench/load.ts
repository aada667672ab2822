/** Makes the load, in a process of its own: told over IPC what to do, it answers with what it counted. */
import { availableParallelism } from 'node:os';
import { createHasher } from '../src/base/hasher.ts';
import { basic, bearer, bytesOf, openConnection } from './client.ts';
import { forSeconds, once, overConnections, pick, type Counted, type Timed } from './clients.ts';
import { challenge, complete, expect, logInByAuthtoken, register, type Person } from './people.ts';

/** Milliseconds of each login, by what was wrong with it. Each kind is measured twice, to see what difference chance alone makes. */
export type Times = Record<'unknown' | 'unknownAgain' | 'wrong' | 'wrongAgain', number[]>;

const people = {
  plain: [] as Person[],
  verifying: [] as Person[],
  loggingIn: [] as Person[],
  selfService: [] as Person[],
};
const challenges: { person: Person; token: string }[] = [];
let server = '';

export const jobs = {
  /** Makes the people: with a password only, for second factors alone, and for full logins at two doors. */
  async prepare({ url, plain, apps }: { url: string; plain: number; apps: number }): Promise<Counted> {
    server = url;
    const wanted = [
      ...names('person', plain).map((name) => [people.plain, name, false] as const),
      ...names('verifying', apps).map((name) => [people.verifying, name, true] as const),
      ...names('logging-in', apps).map((name) => [people.loggingIn, name, true] as const),
      ...names('self-service', apps).map((name) => [people.selfService, name, true] as const),
    ];
    return once(server, 16, wanted, async (connection, [list, name, withApp]) => {
      list.push(await register(connection, name, withApp));
    });
  },

  /** Bare argon2id with the house's own costs, without a server. */
  async hashes({ clients, seconds }: Timed): Promise<Counted> {
    const hasher = createHasher(undefined, Math.min(clients, availableParallelism()));
    const phc = await hasher.hash('the password of nobody');
    return forSeconds({ clients, seconds }, async () => {
      await hasher.verify(phc, 'the password of nobody');
    });
  },

  passwordLogins: (timed: Timed) =>
    overConnections(server, timed, async (connection, turn) => {
      const { name, password } = pick(people.plain, turn);
      await expect(connection, 200, { path: '/auth/password', headers: basic(name, password) });
    }),

  /** The password step of everybody who will show a code. */
  challenges: () =>
    once(server, 16, people.verifying, async (connection, person) => {
      challenges.push({ person, token: await challenge(connection, person) });
    }),

  secondFactors: ({ clients }: { clients: number }) =>
    once(server, clients, challenges.splice(0), (connection, { person, token }) => complete(connection, person, token)),

  fullLogins: ({ clients }: { clients: number }) =>
    once(server, clients, people.loggingIn, async (connection, person) =>
      complete(connection, person, await challenge(connection, person)),
    ),

  authtokenLogins: ({ clients }: { clients: number }) => once(server, clients, people.selfService, logInByAuthtoken),

  sessionChecks: (timed: Timed) => gets(server, timed),

  /** The same requests to another server. */
  hellos: ({ url, ...timed }: Timed & { url: string }) => gets(url, timed),

  equalTime: ({ cycles }: { cycles: number }) => equalTime(cycles),
};

export type Jobs = typeof jobs;

/** GET /users/me, with tokens of many users. */
async function gets(url: string, timed: Timed): Promise<Counted> {
  const { host } = new URL(url);
  const requests = people.plain.map(({ token }) => bytesOf({ path: '/users/me', headers: bearer(token) }, host));
  return overConnections(url, timed, async (connection, turn) => {
    const { status, text } = await connection.ask(pick(requests, turn));
    if (status !== 200) throw new Error(`GET /users/me answered ${status} ${text}`);
  });
}

let strangers = 0;
let guesses = 0;

/** One request at a time, on one connection. The order is dealt anew for each cycle. */
async function equalTime(cycles: number): Promise<Times> {
  const times: Times = { unknown: [], unknownAgain: [], wrong: [], wrongAgain: [] };
  const kinds = ['unknown', 'unknownAgain', 'wrong', 'wrongAgain'] as const;
  const connection = await openConnection(server);
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    for (const { kind } of kinds.map((one) => ({ kind: one, at: Math.random() })).toSorted((a, b) => a.at - b.at)) {
      // No name gets near the five failures after which it would have to wait, and all names have one length.
      const name = kind.startsWith('unknown')
        ? `nobody-${pad((strangers += 1))}`
        : pick(people.plain, (guesses += 1)).name;
      const began = performance.now();
      const { status, text } = await connection.ask({
        path: '/auth/password',
        headers: basic(name, 'a wrong password'),
      });
      times[kind].push(performance.now() - began);
      if (status !== 401) throw new Error(`a wrong login answered ${status} ${text}`);
    }
  }
  connection.close();
  return times;
}

const pad = (number: number) => String(number).padStart(5, '0');

const names = (kind: string, count: number) => Array.from({ length: count }, (_, at) => `${kind}-${pad(at)}`);

type Told = { [Job in keyof Jobs]: { readonly job: Job; readonly input: Parameters<Jobs[Job]>[0] } }[keyof Jobs];

process.on('message', ({ job, input }: Told) => {
  const run = jobs[job] as (given: unknown) => Promise<unknown>;
  run(input).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: `${job}: ${String(error)}` }),
  );
});
