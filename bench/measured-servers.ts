/** The servers that are measured, and the people who were made at each, as the process knows them that makes the load. */
import { betterAuth } from './better-auth.ts';
import { openConnection, type Connection } from '../kit/load/client.ts';
import { levels, once, pick } from '../kit/load/clients.ts';
import { numbered } from './equal-time.ts';
import { house, logInAdministrator, openFamilies, type Family } from '../kit/load/countersign.ts';
import { expect, nextCode, type Dialect, type Person } from '../kit/load/people.ts';

export type ServerName = 'house' | 'betterAuth';

/** Each code works once, so every measurement that uses codes has people of its own for each number of clients. */
export type Served = {
  readonly url: string;
  readonly dialect: Dialect;
  readonly plain: readonly Person[];
  withApps(job: CodeJob, clients: number): readonly Person[];
  /** The house's only: what the administrator and clients of OAuth2 hold. */
  readonly admin: string;
  readonly families: readonly Family[];
};

const dialects = { house, betterAuth } as const;

/** What uses codes. */
export type CodeJob = 'secondFactors' | 'fullLogins' | 'stepUps' | 'authtokenLogins';

const everywhere = ['secondFactors', 'fullLogins'] as const;
const jobsAt = { house: [...everywhere, 'stepUps', 'authtokenLogins'], betterAuth: everywhere } as const;

/** Makes the people of a server, so many for each measurement. */
export async function makeServed(server: ServerName, url: string, people: number): Promise<Served> {
  const dialect = dialects[server];
  const plain: Person[] = [];
  const groups = new Map<string, Person[]>();
  const wanted = namesOf('person', people).map((name) => ({ list: plain, name, withApp: false }));
  for (const job of jobsAt[server]) {
    for (const clients of job === 'authtokenLogins' ? [16] : levels) {
      const list: Person[] = [];
      groups.set(`${job} ${clients}`, list);
      wanted.push(...namesOf(`${job}-${clients}`, people).map((name) => ({ list, name, withApp: true })));
    }
  }
  await once(url, 16, wanted, async (connection, { list, name, withApp }) => {
    list.push(await dialect.register(connection, name, withApp));
  });
  const withApps: Served['withApps'] = (job, clients) => groups.get(`${job} ${clients}`) ?? [];
  const connection = await openConnection(url);
  await prove(connection, dialect, pick(withApps('secondFactors', 1), 0));
  const admin = server === 'house' ? await logInAdministrator(connection) : '';
  const families = server === 'house' ? await openFamilies(connection, admin, Math.max(...levels), plain) : [];
  connection.close();
  return { url, dialect, plain, withApps, admin, families };
}

const namesOf = (kind: string, count: number) => Array.from({ length: count }, (_, at) => `${kind}-${numbered(at)}`);

/** That a server does what is measured: a wrong code opens nothing, and a right one a session that is known. */
async function prove(connection: Connection, dialect: Dialect, person: Person): Promise<void> {
  const code = nextCode(person);
  const wrong = code === '000000' ? '000001' : '000000';
  const begun = await dialect.begin(connection, person);
  const refused = await dialect.finish(connection, begun, wrong).then(
    () => false,
    () => true,
  );
  if (!refused) throw new Error('a wrong code was taken');
  await expectKnown(connection, dialect.whoAmI(await dialect.finish(connection, begun, code)));
}

/** Better Auth answers 200 and null to nobody. */
export async function expectKnown(connection: Connection, request: Parameters<Connection['ask']>[0]): Promise<void> {
  if ((await expect(connection, 200, request)).text === 'null') throw new Error('a session was not found');
}
