import { once } from '../../kit/load/clients.ts';
import { basic, type Ask } from '../../kit/load/client.ts';
import { countersign } from '../../kit/load/countersign.ts';
import { nextCode, waitForNewCodes, type Person } from '../../kit/load/people.ts';
import type { Group } from './load-worker.ts';

/** Registers people with a password, and with an app where wanted. */
export async function makePeople(
  url: string,
  name: string,
  count: number,
  withApp = false,
): Promise<readonly Person[]> {
  const people: Person[] = [];
  const names = Array.from({ length: count }, (_, at) => `${name}-${at}`);
  await once(url, 8, names, async (connection, one) => {
    people.push(await countersign.register(connection, one, withApp));
  });
  return people;
}

/** Begins a login of each person, and returns the requests that complete them. */
export async function secondFactors(url: string, people: readonly Person[]): Promise<readonly Ask[]> {
  const asks: Ask[] = [];
  await waitForNewCodes(people);
  await once(url, 8, people, async (connection, person) => {
    const json = { challenge_token: await countersign.begin(connection, person), token: nextCode(person) };
    asks.push({ path: '/auth/totp', json });
  });
  return asks;
}

export const passwordLogin = ({ name, password }: Person): Ask => ({
  path: '/auth/password',
  headers: basic(name, password),
});

export const sessionCheck = ({ session }: Person): Ask => countersign.whoAmI(session);

/** Clients that check five times a second, during an experiment, whether the server answers others. */
export const monitors = (person: Person): readonly Group[] =>
  [
    { name: 'live', asks: [{ path: '/health/live' }] },
    { name: 'ready', asks: [{ path: '/health/ready' }] },
    { name: 'session check', asks: [sessionCheck(person)] },
  ].map((group) => ({ ...group, clients: 1, every: 200 }));
