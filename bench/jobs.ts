/** The measured jobs, as the load process runs them. */
import { bearer, bytesOf, type Ask, type Connection } from '../kit/load/client.ts';
import { once, overConnections, pick, type Counted, type Timed } from '../kit/load/clients.ts';
import { countersign, logInByAuthtoken, refresh, stepUp } from '../kit/load/countersign.ts';
import { commits, hashes } from './limits.ts';
import { nextCode, waitForNewCodes, type Person } from '../kit/load/people.ts';
import { expectKnown, type CodeJob, type ServerUnderTest, type ServerName } from './measured-servers.ts';

export type Input = Timed & {
  /** Whose people the job uses. */
  readonly server: ServerName;
  /** Sends the requests to this URL instead. */
  readonly url?: string | undefined;
  /** For the job `commits`. */
  readonly database: string;
  /** Few people, so that their commits can be counted. */
  readonly few?: boolean;
};

/** A prepared job, so that nothing else is measured. */
export type Ready = () => Promise<Counted>;

type Job = (input: Input, serverUnderTest: ServerUnderTest) => Ready | Promise<Ready>;

/** So few that SQLite makes no checkpoint of its write-ahead log. */
const fewPeople = 8;

export const jobs = {
  hashes: (input) => () => hashes(input),

  commits: (input) => () => commits(input),

  passwordLogins: (input, { url, dialect, plain }) => {
    const work = (connection: Connection, turn: number) => dialect.logIn(connection, pick(plain, turn));
    return () => overConnections(url, input, work);
  },

  async secondFactors(input, serverUnderTest) {
    const { url, dialect } = serverUnderTest;
    const begun: { readonly challenge: string; readonly person: Person }[] = [];
    await once(url, 16, await peopleFor('secondFactors', input, serverUnderTest), async (connection, person) => {
      begun.push({ challenge: await dialect.begin(connection, person), person });
    });
    return () =>
      once(url, input.clients, begun, async (connection, { challenge, person }) => {
        await dialect.finish(connection, challenge, nextCode(person));
      });
  },

  fullLogins: (input, serverUnderTest) =>
    onceForEach('fullLogins', input, serverUnderTest, async (connection, person) => {
      const { dialect } = serverUnderTest;
      await dialect.finish(connection, await dialect.begin(connection, person), nextCode(person));
    }),

  stepUps: (input, serverUnderTest) => onceForEach('stepUps', input, serverUnderTest, stepUp),

  authtokenLogins: (input, serverUnderTest) => onceForEach('authtokenLogins', input, serverUnderTest, logInByAuthtoken),

  sessionChecks: (input, { url, dialect, plain }) =>
    gets(
      url,
      input,
      plain.map(({ session }) => dialect.whoAmI(session)),
    ),

  /** The same requests as Countersign's session check, to a server that ignores them. */
  hellos: (input, { url, plain }) =>
    gets(
      input.url ?? url,
      input,
      plain.map(({ session }) => countersign.whoAmI(session)),
    ),

  refreshes: (input, { url, families }) => {
    return () => overConnections(url, input, (connection, _, client) => refresh(connection, pick(families, client)));
  },

  attemptsPages: (input, { url, admin }) =>
    gets(url, input, [{ path: '/v2/accounts/root/multi_factor/attempts', headers: bearer(admin) }]),
} satisfies Record<string, Job>;

export type JobName = keyof typeof jobs;

async function peopleFor(
  job: CodeJob,
  { clients, few }: Input,
  serverUnderTest: ServerUnderTest,
): Promise<readonly Person[]> {
  const people = serverUnderTest.withApps(job, clients).slice(0, few ? fewPeople : undefined);
  await waitForNewCodes(people);
  return people;
}

async function onceForEach(
  job: CodeJob,
  input: Input,
  serverUnderTest: ServerUnderTest,
  work: (connection: Connection, person: Person) => Promise<void>,
): Promise<Ready> {
  const people = await peopleFor(job, input, serverUnderTest);
  return () => once(serverUnderTest.url, input.clients, people, work);
}

/** Repeats these requests in turn. */
function gets(url: string, timed: Timed, asked: readonly Ask[]): Ready {
  const { host } = new URL(url);
  const requests = asked.map((ask) => bytesOf(ask, host));
  return () => overConnections(url, timed, (connection, turn) => expectKnown(connection, pick(requests, turn)));
}
