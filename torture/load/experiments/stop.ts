import { setTimeout as wait } from 'node:timers/promises';
import { basic, bearer, openConnection } from '../../../kit/load/client.ts';
import { forSeconds } from '../../../kit/load/clients.ts';
import { makePeople, passwordLogin } from '../people.ts';
import type { Lab } from '../lab.ts';
import { openCrowd, countOf } from '../load-process.ts';
import { milliseconds } from '../report.ts';
import { serve, type Environment } from '../server.ts';

const rounds = 3;

/** How many register, one after the other, and how many log in beside them so that there is a queue. */
const clients = { registering: 40, hammering: 100 };

/** Milliseconds: until the signal, and how long Docker waits after it. */
const until = 3000;
const bound = 10_000;

/** What became of the registrations of one round. */
type Registered = {
  /** Names with the tokens that were answered. */
  readonly answered: Map<string, string>;
  /** Names whose connection ended without an answer. */
  readonly unanswered: Set<string>;
  /** What no server that stops well says. */
  readonly wrong: string[];
};

/** SIGTERM while many register: what was answered is there after the next start, and what was not answered was not done. */
export async function stop(lab: Lab): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    const settings = await lab.settings();
    const { registered, took, code } = await stopUnderLoad(settings);
    const { answered, unanswered, wrong } = registered;
    lab.expect(
      `${round}: ends with 0 within ${bound / 1000} s`,
      code === 0 && took <= bound,
      `${code} in ${milliseconds(took)}`,
    );
    lab.expect('  every answer is whole, none is a fault', wrong.length === 0, wrong[0] ?? `${answered.size} answers`);
    const { lost, done } = await lookBack(settings, registered);
    lab.expect(
      '  what was answered is there after the next start',
      lost === 0 && answered.size > 0,
      `${answered.size - lost} of ${answered.size} users and their sessions`,
    );
    lab.expect(
      '  what was not answered was not done',
      done === 0,
      `${done} of ${unanswered.size} users without an answer are there`,
    );
  }
}

async function stopUnderLoad(settings: Environment) {
  await using server = await serve(settings);
  const people = await makePeople(server.url, 'person', 20);
  const hammering = openCrowd(server.url, [
    { name: 'logins', clients: clients.hammering, asks: people.map(passwordLogin) },
  ]);
  const registered: Registered = { answered: new Map(), unanswered: new Set(), wrong: [] };
  const registering = forSeconds(
    { clients: clients.registering, seconds: until / 1000 + 2 },
    registrar(server.url, registered),
  );
  await wait(until);
  const began = performance.now();
  server.signal('SIGTERM');
  const { code } = await server.ended;
  const took = performance.now() - began;
  await registering;
  const { logins } = await hammering.stop();
  if (logins && countOf(logins, 500) > 0) registered.wrong.push('a login was answered with 500');
  return { registered, took, code };
}

/** Registers one after the other over connections that it keeps. */
function registrar(url: string, { answered, unanswered, wrong }: Registered): (client: number) => Promise<void> {
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
      else if (status !== 503) wrong.push(`${status} ${text}`);
    } catch (error) {
      unanswered.add(name);
      if (String(error).includes('in the middle')) wrong.push(String(error));
      connection.close();
      connections.delete(client);
    }
  };
}

const passwordOf = (name: string) => `the password of ${name}`;

/** Asks the next server over the same database who is there. */
async function lookBack(settings: Environment, { answered, unanswered }: Registered) {
  await using server = await serve(settings);
  const connection = await openConnection(server.url);
  let [lost, done] = [0, 0];
  for (const [name, token] of answered) {
    const login = await connection.ask({ path: '/auth/password', headers: basic(name, passwordOf(name)) });
    const check = await connection.ask({ path: '/users/me', headers: bearer(token) });
    if (login.status !== 200 || check.status !== 200) lost += 1;
  }
  for (const name of unanswered) {
    const { status } = await connection.ask({ path: '/users', json: { name, password: passwordOf(name) } });
    if (status === 409) done += 1;
  }
  connection.close();
  return { lost, done };
}
