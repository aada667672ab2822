import type { Chance } from '../seeded-random.ts';
import { fingerprint, sessionIn, type Answered, type Asked, type Body } from '../recorder.ts';
import type { Got } from '../history.ts';
import { remember, type Person, type Session } from './person.ts';

/** Where people act: over all the nodes, by the servers' time, with what was set up before anything went wrong. */
export type Stage = {
  readonly nodes: number;
  readonly chance: Chance;
  /** The servers' time, as right as it gets. */
  readonly now: () => number;
  readonly ask: (asked: Asked) => Promise<Answered>;
  /** The newest code that was sent to an address. */
  readonly mail: (address: string) => string | undefined;
  /** Something that must not be found in any log. */
  readonly keep: (secret: string) => void;
  readonly client: { readonly id: string; readonly secret: string };
  readonly apikey: string;
};

/** Something that a person does. */
export type Play = (stage: Stage, person: Person) => Promise<void>;

/** A session in an answer, which its person remembers. */
export function gotSession(
  stage: Stage,
  person: Person,
  { ok, seen, body }: Answered,
  member = 'token',
): Session | undefined {
  const token = body[member];
  if (!ok || typeof token !== 'string' || seen.got.session === undefined) return undefined;
  const refresh = body['refresh_token'];
  const session: Session = { id: seen.got.session, token, at: stage.now() };
  if (typeof refresh === 'string') session.refresh = refresh;
  remember(person.sessions, session);
  person.failed = 0;
  return session;
}

/** What an answer that opens a session gave; every secret in it is kept in mind. */
export const tokensIn =
  ({ keep }: Stage, member = 'token') =>
  (body: Body): Got => {
    const { [member]: token, refresh_token: refresh, challenge_token: challenge, mfa_token: other } = body;
    for (const secret of [token, refresh, challenge]) if (typeof secret === 'string') keep(secret);
    const named = challenge ?? other;
    return {
      ...sessionIn(token),
      ...(typeof refresh === 'string' && { refresh: fingerprint(refresh) }),
      ...(typeof named === 'string' && { challenge: fingerprint(named) }),
      ...(Array.isArray(body['factors']) && { apps: (body['factors'] as { id: string; type: string }[]).map(appOf) }),
    };
  };

/** Two nodes that are not the same one. */
export function twoNodes({ chance, nodes }: Stage): readonly [number, number] {
  const one = chance.between(0, nodes - 1);
  return [one, (one + chance.between(1, nodes - 1)) % nodes];
}

/** A password that no list of common ones has, and that a log would be searched for. */
export function newPassword({ chance, keep }: Stage): string {
  const drawn = Array.from({ length: 4 }, () => chance.between(0, 0xffffff).toString(16).padStart(6, '0'));
  const password = `tortured-${drawn.join('')}`;
  keep(password);
  return password;
}

/** How an authenticator is called here: a person has one address at most. */
const appOf = ({ id, type }: { readonly id: string; readonly type: string }) => (type === 'email' ? email : id);

export const email = 'email';
