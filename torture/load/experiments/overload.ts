import { setTimeout as wait } from 'node:timers/promises';
import { basic, openConnection, type Ask } from '../../../kit/load/client.ts';
import type { Person } from '../../../kit/load/people.ts';
import { countOf, startLoad, othersIn, latency } from '../load-process.ts';
import type { GroupResult } from '../load-worker.ts';
import type { Lab } from '../lab.ts';
import { makePeople, passwordLogin, secondFactors, sessionCheck, monitors } from '../people.ts';
import { expectLatency, expectNoFaults } from '../expectations.ts';
import { megabytes, milliseconds } from '../report.ts';
import { serve } from '../server.ts';

const seconds = 8;

/** Clients that log in at the doors, that use unknown names, and that afterwards guess one user's password. */
const clients = { doors: 300, unknownNames: 300, guessing: 20 };

/** Milliseconds. An accepted login waits for hundreds of others, each with a hash of 15 ms of CPU, on a machine that makes this load too. */
const bounds = { login: 30_000, monitored: 3000, afterwards: 1000 };

/** Megabytes of growth; the allocator returns the hashes' memory when it likes. */
const growth = 40;

/** More logins at once than the machine can hash passwords for. Requests without a hash must stay fast. */
export async function overload(lab: Lab): Promise<void> {
  await using server = await serve(await lab.settings());
  const { url } = server;
  const people = await makePeople(url, 'person', 60);
  const [monitored, target] = await makePeople(url, 'other', 2);
  if (!monitored || !target) throw new Error('no user was made');
  const withApps = await makePeople(url, 'with-app', 40, true);
  const memory = await server.memory();
  const codes = await secondFactors(url, withApps);

  const monitoring = startLoad(url, [
    ...monitors(monitored),
    { name: 'second factor', clients: 1, asks: codes, every: 200, once: true },
  ]);
  const perDoor = clients.doors / doors.length;
  const load = startLoad(url, [
    ...doors.map(({ name, ask }) => ({ name, clients: perDoor, asks: people.map(ask) })),
    { name: 'unknown names', clients: clients.unknownNames, asks: unknownNames },
  ]);
  await wait(seconds * 1000);
  const [result, seen] = [await load.stop(), await monitoring.stop()];

  for (const { name, dialect } of doors) expectDoor(lab, name, result[name], dialect);
  expectUnknownNames(lab, result['unknown names']);
  expectLatency(lab, seen, bounds.monitored);
  await expectRecovery(lab, url, people);
  await expectGuessLimit(lab, url, target);
  const held = await server.memory();
  lab.expect(
    `memory at most ${growth} MB above before`,
    held.heapUsed <= memory.heapUsed + growth,
    `heap ${megabytes(memory.heapUsed)}, then ${megabytes(held.heapUsed)}; resident ${megabytes(memory.rss)}, then ${megabytes(held.rss)}`,
  );
  expectNoFaults(lab, server);
}

/** More names than can be tried in that time, so that none is rate limited. */
const unknownNames: readonly Ask[] = Array.from({ length: 100_000 }, (_, at) => ({
  path: '/auth/password',
  headers: basic(`nobody-${at}`, 'a password'),
}));

type Door = {
  readonly name: string;
  readonly ask: (person: Person) => Ask;
  /** The body of its 503. */
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

function expectDoor(lab: Lab, name: string, result: GroupResult | undefined, dialect: RegExp): void {
  if (!result) throw new Error(`no request at ${name}`);
  const others = othersIn(result, 200, 201, 503);
  const [loggedIn, busy] = [countOf(result, 200, 201), countOf(result, 503)];
  lab.expect(
    `${name}: logged in, or 503`,
    others === '' && loggedIn > 0 && busy > 0,
    others || `${loggedIn} logged in, ${busy} times 503`,
  );
  const text = result.answers[503]?.sample.text ?? '';
  lab.expect(
    "  503 has Retry-After, and the door's body",
    result.withoutRetryAfter === 0 && dialect.test(text),
    text.slice(0, 60),
  );
  const slowest = Math.max(latency(result, 1, 200, 201), latency(result, 1, 503));
  lab.expect(
    `  every answer within ${bounds.login} ms`,
    slowest <= bounds.login,
    `logged in: p99 ${milliseconds(latency(result, 0.99, 200, 201))}; 503: p99 ${milliseconds(latency(result, 0.99, 503))}; slowest ${milliseconds(slowest)}`,
  );
}

function expectUnknownNames(lab: Lab, result: GroupResult | undefined): void {
  if (!result) throw new Error('no request with an unknown name');
  const others = othersIn(result, 401, 503);
  lab.expect(
    'unknown names: 401 or 503',
    others === '' && result.withoutRetryAfter === 0,
    others || `${countOf(result, 401)} times 401, ${countOf(result, 503)} times 503`,
  );
}

/** Many guesses of one user's password. */
async function expectGuessLimit(lab: Lab, url: string, person: Person): Promise<void> {
  const asks = [passwordLogin({ ...person, password: 'a guess' })];
  const load = startLoad(url, [{ name: 'guesses', clients: clients.guessing, asks }]);
  await wait(2000);
  const { guesses } = await load.stop();
  if (!guesses) throw new Error('no guess was sent');
  const others = othersIn(guesses, 401, 429);
  lab.expect(
    "guesses of one user's password: 401 five times, then 429 with Retry-After",
    others === '' && countOf(guesses, 401) === 5 && countOf(guesses, 429) > 0 && guesses.withoutRetryAfter === 0,
    others || `${countOf(guesses, 401)} times 401, ${countOf(guesses, 429)} times 429`,
  );
}

/** After the overload, the server is as fast as before. */
async function expectRecovery(lab: Lab, url: string, [person]: readonly Person[]): Promise<void> {
  if (!person) throw new Error('no user was made');
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
