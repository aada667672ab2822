import { once } from '../../kit/load/clients.ts';
import { basic, type Ask } from '../../kit/load/client.ts';
import { house } from '../../kit/load/countersign.ts';
import { nextCode, untilShowable, type Person } from '../../kit/load/people.ts';
import type { Group } from './load-worker.ts';

/** People with a password, and with an app where they are to have one. */
export async function makePeople(
  url: string,
  name: string,
  count: number,
  withApp = false,
): Promise<readonly Person[]> {
  const people: Person[] = [];
  const names = Array.from({ length: count }, (_, at) => `${name}-${at}`);
  await once(url, 8, names, async (connection, one) => {
    people.push(await house.register(connection, one, withApp));
  });
  return people;
}

/** The second half of a login of each of these, of which the first is done. */
export async function secondFactors(url: string, people: readonly Person[]): Promise<readonly Ask[]> {
  const asks: Ask[] = [];
  await untilShowable(people);
  await once(url, 8, people, async (connection, person) => {
    const json = { challenge_token: await house.begin(connection, person), token: nextCode(person) };
    asks.push({ path: '/auth/totp', json });
  });
  return asks;
}

export const passwordLogin = ({ name, password }: Person): Ask => ({
  path: '/auth/password',
  headers: basic(name, password),
});

export const sessionCheck = ({ session }: Person): Ask => house.whoAmI(session);

/** What is looked at while others make trouble: five times a second, whether the house answers those who are no trouble. */
export const witnesses = (person: Person): readonly Group[] =>
  [
    { name: 'live', asks: [{ path: '/health/live' }] },
    { name: 'ready', asks: [{ path: '/health/ready' }] },
    { name: 'session check', asks: [sessionCheck(person)] },
  ].map((group) => ({ ...group, clients: 1, every: 200 }));
