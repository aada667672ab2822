import { setTimeout as wait } from 'node:timers/promises';
import { basic, openConnection, type Ask } from '../../../kit/load/client.ts';
import type { Person } from '../../../kit/load/people.ts';
import { countOf, openCrowd, othersIn, within } from '../load-process.ts';
import type { Heard } from '../load-worker.ts';
import type { Lab } from '../lab.ts';
import { makePeople, passwordLogin, secondFactors, sessionCheck, witnesses } from '../people.ts';
import { expectPunctual } from '../latency.ts';
import { megabytes, milliseconds } from '../report.ts';
import { serve } from '../server.ts';

const seconds = 8;

/** How many log in at the doors, how many with names that nobody has, and how many guess at one person's password afterwards. */
const clients = { doors: 300, strangers: 300, guessers: 20 };

/** Milliseconds. Who is not turned away waits for hundreds of others, each with a hash of some 15 ms of CPU, on a machine that makes this load too. */
const bounds = { login: 30_000, witness: 3000, afterwards: 1000 };

/** Megabytes that a server may hold more than before; the hashes' own memory is the allocator's to give back. */
const growth = 40;

/** More people log in at once than the machine can hash passwords for. Those who need no hash are not to notice. */
export async function overload(lab: Lab): Promise<void> {
  await using server = await serve(await lab.settings());
  const { url } = server;
  const people = await makePeople(url, 'person', 60);
  const [witness, guessedAt] = await makePeople(url, 'other', 2);
  if (!witness || !guessedAt) throw new Error('nobody was made');
  const withApps = await makePeople(url, 'with-app', 40, true);
  const memory = await server.memory();
  const codes = await secondFactors(url, withApps);

  const looking = openCrowd(url, [
    ...witnesses(witness),
    { name: 'second factor', clients: 1, asks: codes, every: 200, once: true },
  ]);
  const each = clients.doors / doors.length;
  const crowd = openCrowd(url, [
    ...doors.map(({ name, ask }) => ({ name, clients: each, asks: people.map(ask) })),
    { name: 'strangers', clients: clients.strangers, asks: strangers },
  ]);
  await wait(seconds * 1000);
  const [heard, seen] = [await crowd.stop(), await looking.stop()];

  for (const { name, dialect } of doors) judgeDoor(lab, name, heard[name], dialect);
  judgeStrangers(lab, heard['strangers']);
  expectPunctual(lab, seen, bounds.witness);
  await judgeCalm(lab, url, people);
  await guessAt(lab, url, guessedAt);
  const held = await server.memory();
  lab.expect(
    `memory at most ${growth} MB above before`,
    held.heapUsed <= memory.heapUsed + growth,
    `heap ${megabytes(memory.heapUsed)}, then ${megabytes(held.heapUsed)}; resident ${megabytes(memory.rss)}, then ${megabytes(held.rss)}`,
  );
  lab.expect('no fault in the log', server.log.ears.broken().length === 0, server.log.ears.broken()[0] ?? 'none');
}

/** More names than can be asked for in that time, so that none has to wait for its failures. */
const strangers: readonly Ask[] = Array.from({ length: 100_000 }, (_, at) => ({
  path: '/auth/password',
  headers: basic(`nobody-${at}`, 'a password'),
}));

type Door = {
  readonly name: string;
  readonly ask: (person: Person) => Ask;
  /** What an answer that it is too busy looks like. */
  readonly dialect: RegExp;
};

const doors: readonly Door[] = [
  { name: '/auth/password', ask: passwordLogin, dialect: /"code":"unavailable"/ },
  {
    name: '/mfa/authtoken/login/',
    ask: ({ name, password }) => ({ path: '/mfa/authtoken/login/', json: { username: name, password } }),
    dialect: /^\{"detail":/,
  },
  {
    name: '/v2/user_auth',
    ask: ({ name, password }) => ({
      method: 'PUT',
      path: '/v2/user_auth',
      json: { data: { username: name, password } },
    }),
    dialect: /"error":"503".*"status":"error"|"status":"error".*"error":"503"/,
  },
];

function judgeDoor(lab: Lab, name: string, heard: Heard | undefined, dialect: RegExp): void {
  if (!heard) throw new Error(`nobody asked at ${name}`);
  const others = othersIn(heard, 200, 201, 503);
  const [let_in, busy] = [countOf(heard, 200, 201), countOf(heard, 503)];
  lab.expect(
    `${name}: logged in, or 503`,
    others === '' && let_in > 0 && busy > 0,
    others || `${let_in} in, ${busy} times 503`,
  );
  const text = heard.answers[503]?.sample.text ?? '';
  lab.expect(
    '  503 has Retry-After, in the words of the door',
    heard.timeless === 0 && dialect.test(text),
    text.slice(0, 60),
  );
  const slowest = Math.max(within(heard, 1, 200, 201), within(heard, 1, 503));
  lab.expect(
    `  every answer within ${bounds.login} ms`,
    slowest <= bounds.login,
    `in: p99 ${milliseconds(within(heard, 0.99, 200, 201))}; 503: p99 ${milliseconds(within(heard, 0.99, 503))}; slowest ${milliseconds(slowest)}`,
  );
}

function judgeStrangers(lab: Lab, heard: Heard | undefined): void {
  if (!heard) throw new Error('no stranger asked');
  const others = othersIn(heard, 401, 503);
  lab.expect(
    'names that nobody has: 401 or 503',
    others === '' && heard.timeless === 0,
    others || `${countOf(heard, 401)} times 401, ${countOf(heard, 503)} times 503`,
  );
}

/** Another kind of too much: many guesses at one person. */
async function guessAt(lab: Lab, url: string, person: Person): Promise<void> {
  const asks = [passwordLogin({ ...person, password: 'a guess' })];
  const crowd = openCrowd(url, [{ name: 'guesses', clients: clients.guessers, asks }]);
  await wait(2000);
  const { guesses } = await crowd.stop();
  if (!guesses) throw new Error('nobody guessed');
  const others = othersIn(guesses, 401, 429);
  lab.expect(
    'guesses at one person: 401 five times, then 429 with Retry-After',
    others === '' && countOf(guesses, 401) === 5 && countOf(guesses, 429) > 0 && guesses.timeless === 0,
    others || `${countOf(guesses, 401)} times 401, ${countOf(guesses, 429)} times 429`,
  );
}

/** As soon as nobody overloads it any more, it is what it was. */
async function judgeCalm(lab: Lab, url: string, [person]: readonly Person[]): Promise<void> {
  if (!person) throw new Error('nobody was made');
  const connection = await openConnection(url);
  const began = performance.now();
  const login = await connection.ask(passwordLogin(person));
  const check = await connection.ask(sessionCheck(person));
  const took = performance.now() - began;
  connection.close();
  lab.expect(
    `afterwards a login and a session check within ${bounds.afterwards} ms`,
    login.status === 200 && check.status === 200 && took <= bounds.afterwards,
    `${login.status}, ${check.status} in ${milliseconds(took)}`,
  );
}
