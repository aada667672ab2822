/** What is measured, as the process does it that makes the load. */
import { bearer, bytesOf, type Ask, type Connection } from '../kit/load/client.ts';
import { once, overConnections, pick, type Counted, type Timed } from '../kit/load/clients.ts';
import { house, logInByAuthtoken, refresh, stepUp } from '../kit/load/countersign.ts';
import { commits, hashes } from './limits.ts';
import { nextCode, untilShowable, type Person } from '../kit/load/people.ts';
import { expectKnown, type CodeJob, type Served, type ServerName } from './measured-servers.ts';

export type Input = Timed & {
  /** Of the people of which server. */
  readonly server: ServerName;
  /** Asks this server instead. */
  readonly url?: string | undefined;
  /** Where bare commits go. */
  readonly database: string;
  /** Only so many people that what they leave behind can be counted. */
  readonly few?: boolean;
};

/** What there is to do, prepared, so that nothing else is measured. */
export type Ready = () => Promise<Counted>;

type Job = (input: Input, served: Served) => Ready | Promise<Ready>;

/** How many are few: what they write is less than what SQLite keeps before it tidies up. */
const fewPeople = 8;

export const jobs = {
  hashes: (input) => () => hashes(input),

  commits: (input) => () => commits(input),

  passwordLogins: (input, { url, dialect, plain }) => {
    const work = (connection: Connection, turn: number) => dialect.logIn(connection, pick(plain, turn));
    return () => overConnections(url, input, work);
  },

  async secondFactors(input, served) {
    const { url, dialect } = served;
    const begun: { readonly challenge: string; readonly person: Person }[] = [];
    await once(url, 16, await peopleFor('secondFactors', input, served), async (connection, person) => {
      begun.push({ challenge: await dialect.begin(connection, person), person });
    });
    return () =>
      once(url, input.clients, begun, async (connection, { challenge, person }) => {
        await dialect.finish(connection, challenge, nextCode(person));
      });
  },

  fullLogins: (input, served) =>
    everybody('fullLogins', input, served, async (connection, person) => {
      const { dialect } = served;
      await dialect.finish(connection, await dialect.begin(connection, person), nextCode(person));
    }),

  stepUps: (input, served) => everybody('stepUps', input, served, stepUp),

  authtokenLogins: (input, served) => everybody('authtokenLogins', input, served, logInByAuthtoken),

  sessionChecks: (input, { url, dialect, plain }) =>
    gets(
      url,
      input,
      plain.map(({ session }) => dialect.whoAmI(session)),
    ),

  /** The same requests as the house's session check, to a server that reads nothing of them. */
  hellos: (input, { url, plain }) =>
    gets(
      input.url ?? url,
      input,
      plain.map(({ session }) => house.whoAmI(session)),
    ),

  refreshes: (input, { url, families }) => {
    return () => overConnections(url, input, (connection, _, client) => refresh(connection, pick(families, client)));
  },

  attemptsPages: (input, { url, admin }) =>
    gets(url, input, [{ path: '/v2/accounts/root/multi_factor/attempts', headers: bearer(admin) }]),
} satisfies Record<string, Job>;

export type JobName = keyof typeof jobs;

async function peopleFor(job: CodeJob, { clients, few }: Input, served: Served): Promise<readonly Person[]> {
  const people = served.withApps(job, clients).slice(0, few ? fewPeople : undefined);
  await untilShowable(people);
  return people;
}

async function everybody(
  job: CodeJob,
  input: Input,
  served: Served,
  work: (connection: Connection, person: Person) => Promise<void>,
): Promise<Ready> {
  const people = await peopleFor(job, input, served);
  return () => once(served.url, input.clients, people, work);
}

/** The same requests over and over, in turns. */
function gets(url: string, timed: Timed, asked: readonly Ask[]): Ready {
  const { host } = new URL(url);
  const requests = asked.map((ask) => bytesOf(ask, host));
  return () => overConnections(url, timed, (connection, turn) => expectKnown(connection, pick(requests, turn)));
}
