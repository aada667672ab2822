/** The measured servers and their people, as the load process knows them. */
import { betterAuth } from './better-auth.ts';
import { openConnection, type Connection } from '../kit/load/client.ts';
import { levels, once, pick } from '../kit/load/clients.ts';
import { numbered } from './equal-time.ts';
import { countersign, logInAdministrator, openFamilies, type Family } from '../kit/load/countersign.ts';
import { expect, nextCode, type Dialect, type Person } from '../kit/load/people.ts';

export type ServerName = 'countersign' | 'betterAuth';

/** Each code works once, so each measurement that uses codes has people of its own for each number of clients. */
export type ServerUnderTest = {
  readonly url: string;
  readonly dialect: Dialect;
  readonly plain: readonly Person[];
  withApps(job: CodeJob, clients: number): readonly Person[];
  /** Countersign's only: an administrator's token and refresh tokens. */
  readonly admin: string;
  readonly families: readonly Family[];
};

const dialects = { countersign, betterAuth } as const;

/** Jobs that use codes. */
export type CodeJob = 'secondFactors' | 'fullLogins' | 'stepUps' | 'authtokenLogins';

const everywhere = ['secondFactors', 'fullLogins'] as const;
const jobsAt = { countersign: [...everywhere, 'stepUps', 'authtokenLogins'], betterAuth: everywhere } as const;

/** Registers the people of a server, the same number for each measurement. */
export async function prepareServer(server: ServerName, url: string, people: number): Promise<ServerUnderTest> {
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
  const withApps: ServerUnderTest['withApps'] = (job, clients) => groups.get(`${job} ${clients}`) ?? [];
  const connection = await openConnection(url);
  await checkServer(connection, dialect, pick(withApps('secondFactors', 1), 0));
  const admin = server === 'countersign' ? await logInAdministrator(connection) : '';
  const families = server === 'countersign' ? await openFamilies(connection, admin, Math.max(...levels), plain) : [];
  connection.close();
  return { url, dialect, plain, withApps, admin, families };
}

const namesOf = (kind: string, count: number) => Array.from({ length: count }, (_, at) => `${kind}-${numbered(at)}`);

/** Checks the server: a wrong code is refused, and a right one opens a session. */
async function checkServer(connection: Connection, dialect: Dialect, person: Person): Promise<void> {
  const code = nextCode(person);
  const wrong = code === '000000' ? '000001' : '000000';
  const begun = await dialect.begin(connection, person);
  const refused = await dialect.finish(connection, begun, wrong).then(
    () => false,
    () => true,
  );
  if (!refused) throw new Error('a wrong code was accepted');
  await expectKnown(connection, dialect.whoAmI(await dialect.finish(connection, begun, code)));
}

/** Better Auth answers 200 and null without a session. */
export async function expectKnown(connection: Connection, request: Parameters<Connection['ask']>[0]): Promise<void> {
  if ((await expect(connection, 200, request)).text === 'null') throw new Error('a session was not found');
}
