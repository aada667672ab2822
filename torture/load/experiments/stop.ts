import { setTimeout as wait } from 'node:timers/promises';
import { basic, bearer, openConnection } from '../../../kit/load/client.ts';
import { forSeconds } from '../../../kit/load/clients.ts';
import { makePeople, passwordLogin } from '../people.ts';
import type { Lab } from '../lab.ts';
import { startLoad, countOf } from '../load-process.ts';
import { milliseconds } from '../report.ts';
import { serve, type Environment } from '../server.ts';

const rounds = 3;

/** Clients that register users, and clients that log in at the same time so that there is a queue. */
const clients = { registering: 40, loggingIn: 100 };

/** Milliseconds until the signal, and Docker's timeout after it. */
const signalAfter = 3000;
const bound = 10_000;

/** The registrations of one round. */
type Registered = {
  /** Names with their tokens. */
  readonly answered: Map<string, string>;
  /** Names whose connection ended without an answer. */
  readonly unanswered: Set<string>;
  /** Answers that a clean stop does not give. */
  readonly unexpected: string[];
};

/** SIGTERM while many register: after a restart, answered registrations exist and unanswered ones do not. */
export async function stop(lab: Lab): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    const settings = await lab.settings();
    const { registered, took, code } = await stopUnderLoad(settings);
    const { answered, unanswered, unexpected } = registered;
    lab.expect(
      `${round}: ends with 0 within ${bound / 1000} s`,
      code === 0 && took <= bound,
      `${code} in ${milliseconds(took)}`,
    );
    lab.expect(
      '  every answer is complete, none is a fault',
      unexpected.length === 0,
      unexpected[0] ?? `${answered.size} answers`,
    );
    const { lost, made } = await checkAfterRestart(settings, registered);
    lab.expect(
      '  answered registrations exist after a restart',
      lost === 0 && answered.size > 0,
      `${answered.size - lost} of ${answered.size} users and their sessions`,
    );
    lab.expect(
      '  unanswered registrations do not exist',
      made === 0,
      `${made} of ${unanswered.size} users without an answer exist`,
    );
  }
}

async function stopUnderLoad(settings: Environment) {
  await using server = await serve(settings);
  const people = await makePeople(server.url, 'person', 20);
  const loggingIn = startLoad(server.url, [
    { name: 'logins', clients: clients.loggingIn, asks: people.map(passwordLogin) },
  ]);
  const registered: Registered = { answered: new Map(), unanswered: new Set(), unexpected: [] };
  const registering = forSeconds(
    { clients: clients.registering, seconds: signalAfter / 1000 + 2 },
    registerUsers(server.url, registered),
  );
  await wait(signalAfter);
  const began = performance.now();
  server.signal('SIGTERM');
  const { code } = await server.ended;
  const took = performance.now() - began;
  await registering;
  const { logins } = await loggingIn.stop();
  if (logins && countOf(logins, 500) > 0) registered.unexpected.push('a login was answered with 500');
  return { registered, took, code };
}

/** Registers users over one connection per client. */
function registerUsers(
  url: string,
  { answered, unanswered, unexpected }: Registered,
): (client: number) => Promise<void> {
  const connections = new Map<number, Awaited<ReturnType<typeof openConnection>>>();
  let count = 0;
  return async (client) => {
    const name = `new-${(count += 1)}`;
    const connection = connections.get(client) ?? (await openConnection(url).catch(() => undefined));
    if (!connection) {
      await wait(100);
      return;
    }
    connections.set(client, connection);
    try {
      const { status, text } = await connection.ask({ path: '/users', json: { name, password: passwordOf(name) } });
      if (status === 201) answered.set(name, (JSON.parse(text) as { token: string }).token);
      else if (status !== 503) unexpected.push(`${status} ${text}`);
    } catch (error) {
      unanswered.add(name);
      if (String(error).includes('in the middle')) unexpected.push(String(error));
      connection.close();
      connections.delete(client);
    }
  };
}

const passwordOf = (name: string) => `the password of ${name}`;

/** Checks the users at a new server over the same database. */
async function checkAfterRestart(settings: Environment, { answered, unanswered }: Registered) {
  await using server = await serve(settings);
  const connection = await openConnection(server.url);
  let [lost, made] = [0, 0];
  for (const [name, token] of answered) {
    const login = await connection.ask({ path: '/auth/password', headers: basic(name, passwordOf(name)) });
    const check = await connection.ask({ path: '/users/me', headers: bearer(token) });
    if (login.status !== 200 || check.status !== 200) lost += 1;
  }
  for (const name of unanswered) {
    const { status } = await connection.ask({ path: '/users', json: { name, password: passwordOf(name) } });
    if (status === 409) made += 1;
  }
  connection.close();
  return { lost, made };
}
