/** People who log in to any of the measured servers. */
import { base32Decode } from '../../src/base/base32.ts';
import { hotp } from '../../src/factors/totp.ts';
import type { Answer, Ask, Connection } from './client.ts';

/** A user who logs in. */
export type Person = {
  readonly name: string;
  readonly password: string;
  /** Their session: an access token or a cookie. */
  session: string;
  /** Their authenticator app, where they have one. */
  readonly app?: App;
};

export type App = { readonly key: Buffer; lastStep: number };

/** The login requests of a server. Each throws when the answer is not the expected one. */
export type Dialect = {
  register(connection: Connection, name: string, withApp: boolean): Promise<Person>;
  /** A login with a password only. */
  logIn(connection: Connection, person: Person): Promise<void>;
  /** The first factor. Returns the challenge token or cookie for the second. */
  begin(connection: Connection, person: Person): Promise<string>;
  /** The second factor. Returns the session. */
  finish(connection: Connection, begun: string, code: string): Promise<string>;
  /** The request that checks a session. */
  whoAmI(session: string): Ask;
};

/** Milliseconds. */
const period = 30_000;

/** Sends a request and expects a status: any other answer ends the run, for it would be measured as a success. */
export async function expect(connection: Connection, status: number, request: Ask | Buffer): Promise<Answer> {
  const answer = await connection.ask(request);
  if (answer.status === status) return answer;
  const asked = Buffer.isBuffer(request) ? request.toString('latin1', 0, request.indexOf('\r')) : request.path;
  throw new Error(`${asked} answered ${answer.status} ${answer.text}`);
}

export type Json = Readonly<Record<string, unknown>>;

export const jsonOf = ({ text }: Answer) => JSON.parse(text) as Json;

/** From an enrollment's secret in base32. */
export const appOf = (secret: unknown): App => ({ key: base32Decode(String(secret)) ?? Buffer.alloc(0), lastStep: -1 });

/** An unused code. Steps only grow, and a server accepts the next one too. */
export function nextCode({ app }: Pick<Person, 'app'>): string {
  if (!app) throw new Error('this person has no app');
  const now = Math.floor(Date.now() / period);
  const step = Math.max(now, app.lastStep + 1);
  if (step > now + 1) throw new Error('this person has used all current codes');
  app.lastStep = step;
  return hotp(app.key, step, { algorithm: 'SHA1', digits: 6 });
}

/** Waits until each person has an unused code, so that the measurement does not include this. */
export async function waitForNewCodes(people: readonly Person[]): Promise<void> {
  const latest = Math.max(...people.map(({ app }) => app?.lastStep ?? 0));
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, latest * period - Date.now())));
}
