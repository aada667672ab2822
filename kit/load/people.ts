/** People who log in, whichever server they log in to. */
import { base32Decode } from '../../src/base/base32.ts';
import { hotp } from '../../src/factors/totp.ts';
import type { Answer, Ask, Connection } from './client.ts';

/** Somebody who logs in. */
export type Person = {
  readonly name: string;
  readonly password: string;
  /** What opens their session: an access token or a cookie. */
  session: string;
  /** Their authenticator app, where they have one. */
  readonly app?: App;
};

export type App = { readonly key: Buffer; lastStep: number };

/** A server to which people log in, in its own dialect. Each of these throws when the answer is not the one that is due. */
export type Dialect = {
  register(connection: Connection, name: string, withApp: boolean): Promise<Person>;
  /** A login of somebody who has a password only. */
  logIn(connection: Connection, person: Person): Promise<void>;
  /** The first half of a login with two factors. Answers with what the second half has to show. */
  begin(connection: Connection, person: Person): Promise<string>;
  /** The second half. Answers with the session. */
  finish(connection: Connection, begun: string, code: string): Promise<string>;
  /** Asks who somebody is, by their session. */
  whoAmI(session: string): Ask;
};

/** Milliseconds. */
const period = 30_000;

/** Asks, and gives the answer that is due; any other one ends the run, for it would be measured as if it were right. */
export async function expect(connection: Connection, status: number, request: Ask | Buffer): Promise<Answer> {
  const answer = await connection.ask(request);
  if (answer.status === status) return answer;
  const asked = Buffer.isBuffer(request) ? request.toString('latin1', 0, request.indexOf('\r')) : request.path;
  throw new Error(`${asked} answered ${answer.status} ${answer.text}`);
}

export type Json = Readonly<Record<string, unknown>>;

export const jsonOf = ({ text }: Answer) => JSON.parse(text) as Json;

/** From what an enrolment shows: base32. */
export const appOf = (secret: unknown): App => ({ key: base32Decode(String(secret)) ?? Buffer.alloc(0), lastStep: -1 });

/** A code that was not used yet. Steps only grow, and a server takes that of the next one too. */
export function nextCode({ app }: Pick<Person, 'app'>): string {
  if (!app) throw new Error('this person has no app');
  const now = Math.floor(Date.now() / period);
  const step = Math.max(now, app.lastStep + 1);
  if (step > now + 1) throw new Error('this person has shown all codes that there are by now');
  app.lastStep = step;
  return hotp(app.key, step, { algorithm: 'SHA1', digits: 6 });
}

/** Waits until everybody has a code to show, so that this need not be waited for while the time is taken. */
export async function untilShowable(people: readonly Person[]): Promise<void> {
  const latest = Math.max(...people.map(({ app }) => app?.lastStep ?? 0));
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, latest * period - Date.now())));
}
