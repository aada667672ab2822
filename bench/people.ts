/** People who log in, whichever server they log in to. */
import { base32Decode } from '../src/base/base32.ts';
import { hotp } from '../src/factors/totp.ts';
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

/** A code that was not used yet. Steps only grow, so when the app has none left to show, it waits for the clock. */
export async function nextCode({ app }: Pick<Person, 'app'>): Promise<string> {
  if (!app) throw new Error('this person has no app');
  const now = Date.now();
  const step = Math.max(Math.floor(now / period), app.lastStep + 1);
  if (step > Math.floor(now / period) + 1) {
    await new Promise((resolve) => setTimeout(resolve, period - (now % period)));
    return nextCode({ app });
  }
  app.lastStep = step;
  return hotp(app.key, step, { algorithm: 'SHA1', digits: 6 });
}

/** A code for everybody, before time is taken: each is good for half a minute at least. */
export async function withCodes(people: readonly Person[]): Promise<readonly Prepared[]> {
  const prepared: Prepared[] = [];
  for (const person of people) prepared.push({ person, code: await nextCode(person) });
  return prepared;
}

export type Prepared = { readonly person: Person; readonly code: string };
