import type { SeededRandom } from '../seeded-random.ts';
import { fingerprint, sessionIn, type Answer, type Call, type Body } from '../recorder.ts';
import type { Received } from '../history.ts';
import type { SentCode } from '../outbox.ts';
import { remember, type OAuthClient, type Person, type Session } from './person.ts';

/** What an action needs: the nodes, the clock, and what was prepared before the first fault. */
export type ActionContext = {
  readonly nodes: number;
  readonly random: SeededRandom;
  /** Virtual time, without any node's error. */
  readonly now: () => number;
  readonly ask: (call: Call) => Promise<Answer>;
  /** The newest code that was sent to an address. */
  readonly mail: (address: string) => SentCode | undefined;
  /** Adds a secret that no log may contain. */
  readonly addSecret: (secret: string) => void;
  /** Clients whose tokens have the scope `mfa`, and none unless they ask for it. */
  readonly clients: { readonly manager: OAuthClient; readonly reader: OAuthClient };
  readonly administrator: readonly [string, string];
  /** The account that requires an app of its users. */
  readonly strict: string;
  readonly apikey: string;
};

/** An action of a person. */
export type UserAction = (ctx: ActionContext, person: Person) => Promise<void>;

/** Adds the session of an answer to its person. */
export function rememberSession(
  ctx: ActionContext,
  person: Person,
  { ok, seen, body }: Answer,
  client?: OAuthClient,
): Session | undefined {
  const token = body['access_token'] ?? body['token'];
  if (!ok || typeof token !== 'string' || seen.received.session === undefined) return undefined;
  const refresh = body['refresh_token'];
  const { session: id, generation = 0 } = seen.received;
  const session: Session = { id, generation, token, at: ctx.now(), ...(client && { client }) };
  if (typeof refresh === 'string') session.refresh = refresh;
  remember(person.sessions, session);
  person.failed = 0;
  return session;
}

/** What is recorded of an answer that opens a session. Every token in it is added to the secrets. */
export const tokensIn =
  ({ addSecret }: ActionContext) =>
  (body: Body): Received => {
    const {
      token: own,
      access_token: token = own,
      scope,
      refresh_token: refresh,
      challenge_token: challenge,
      mfa_token: other,
    } = body;
    for (const secret of [token, refresh, challenge]) if (typeof secret === 'string') addSecret(secret);
    const challengeToken = challenge ?? other;
    return {
      ...sessionIn(token),
      ...(typeof scope === 'string' && { scope }),
      ...(typeof refresh === 'string' && { refresh: fingerprint(refresh) }),
      ...(typeof challengeToken === 'string' && { challenge: fingerprint(challengeToken) }),
      ...(Array.isArray(body['factors']) && { apps: (body['factors'] as { id: string; type: string }[]).map(appOf) }),
    };
  };

/** Two different nodes. */
export function twoNodes({ random, nodes }: ActionContext): readonly [number, number] {
  const one = random.between(0, nodes - 1);
  return [one, (one + random.between(1, nodes - 1)) % nodes];
}

/** A password that is on no list of common ones, added to the secrets. */
export function newPassword({ random, addSecret }: ActionContext): string {
  const drawn = Array.from({ length: 4 }, () => random.between(0, 0xffffff).toString(16).padStart(6, '0'));
  const password = `tortured-${drawn.join('')}`;
  addSecret(password);
  return password;
}

/** How an authenticator is recorded: a person has one address at most. */
const appOf = ({ id, type }: { readonly id: string; readonly type: string }) => (type === 'email' ? email : id);

export const email = 'email';
