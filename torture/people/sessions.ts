import { fingerprint } from '../client.ts';
import { through } from './changes.ts';
import { answer, appCode, challenged, enter } from './logins.ts';
import { codeOf, forget, remember, stepAt, wrongCode, type Ghost, type Person, type Session } from './person.ts';
import { gotSession, tokensIn, twoNodes, type Play, type Stage } from './stage.ts';

/** Whether a session is in force, and what its user has. */
export const look: Play = async (stage, person) => {
  const session = stage.chance.maybe(person.sessions);
  if (!session) return;
  const { seen } = await (stage.chance.happens(0.6) ? check(stage, person, session) : list(stage, person, session));
  if (seen.outcome === 'refused') forget(person.sessions, session);
};

const check = (stage: Stage, person: Person, session: Session, node?: number) =>
  through(stage, person, session, {
    op: 'check',
    method: 'GET',
    path: '/users/me',
    ...(node !== undefined && { node }),
  });

type Secret = { readonly uid: string; readonly type: string; readonly enrolled: boolean };

const list = (stage: Stage, person: Person, { id, token }: Session) =>
  stage.ask({
    op: 'list',
    who: person.name,
    method: 'GET',
    path: '/users/me/secrets',
    token,
    sent: { session: id },
    got: ({ list: secrets }) => ({
      apps: (secrets as Secret[]).filter(({ type, enrolled }) => type === 'mfa' && enrolled).map(({ uid }) => uid),
    }),
  });

/** Ends a session, by itself or through another, and asks at once on another node whether it is over. */
export const leave: Play = async (stage, person) => {
  const ending = stage.chance.maybe(person.sessions);
  if (!ending) return;
  const by = stage.chance.happens(0.5) ? ending : (stage.chance.maybe(person.sessions) ?? ending);
  const [here, there] = twoNodes(stage);
  const { seen } = await through(stage, person, by, {
    op: 'end',
    method: 'DELETE',
    path: by === ending && stage.chance.happens(0.5) ? '/sessions/current' : `/sessions/${ending.id}`,
    sent: { ends: ending.id },
    node: here,
  });
  if (seen.outcome === 'refused') return;
  forget(person.sessions, ending);
  remember(person.ghosts, { kind: 'session', session: ending });
  await check(stage, person, ending, there);
};

/** Tries something that has to be worth nothing: a code that was used, a password of before, a session that ended. */
export const haunt: Play = async (stage, person) => {
  const ghost = stage.chance.maybe(person.ghosts);
  if (ghost) await haunts[ghost.kind](stage, person, ghost as never);
};

type Haunts = {
  [Kind in Ghost['kind']]: (stage: Stage, person: Person, ghost: Extract<Ghost, { kind: Kind }>) => Promise<unknown>;
};

const secretly = { password: undefined, recovery: undefined, challenge: undefined, refresh: undefined };

const haunts: Record<
  keyof typeof secretly,
  (stage: Stage, person: Person, ghost: { readonly secret: string }) => Promise<unknown>
> &
  Pick<Haunts, 'session' | 'app'> = {
  password: (stage, person, { secret }) => enter(stage, person, secret),
  refresh: (stage, person, { secret }) => refresh(stage, person, secret),
  session: (stage, person, { session }) => check(stage, person, session),
  async recovery(stage, person, { secret }) {
    const challenge = await challenged(stage, person);
    const proof = { kind: 'recovery', code: fingerprint(secret) } as const;
    if (challenge !== undefined) await answer(stage, person, challenge, { code: secret, proof });
  },
  async challenge(stage, person, { secret }) {
    const proof = appCode(stage, person);
    if (proof) await answer(stage, person, secret, proof);
  },
  async app(stage, person, { app }) {
    const challenge = await challenged(stage, person);
    const step = Math.max(stepAt(stage.now()), app.last + 1);
    if (challenge !== undefined) await answer(stage, person, challenge, codeOf(app, step));
  },
};

/** Guesses, many at once and over all nodes, and then what is right. */
export const storm: Play = async (stage, person) => {
  const times = stage.chance.between(8, 14);
  const [here, there] = twoNodes(stage);
  const node = (at: number) => (at % 2 === 0 ? here : there);
  if (stage.chance.happens(0.3)) {
    await Promise.all(Array.from({ length: times }, (_, at) => enter(stage, person, `tortured-guess-${at}`, node(at))));
    await enter(stage, person, person.passwords[0] ?? '');
    return;
  }
  const challenge = await challenged(stage, person);
  if (challenge === undefined) return;
  const step = stepAt(stage.now());
  const guess = (at: number) =>
    answer(stage, person, challenge, wrongCode(person, step, stage.chance.between(0, 999_999)), { node: node(at) });
  await Promise.all(Array.from({ length: times }, (_, at) => guess(at)));
  const right = appCode(stage, person);
  if (right) await answer(stage, person, challenge, right);
};

/** An OAuth2 client logs its user in and goes on by refreshing; now and then with one token twice. */
export const oauth: Play = async (stage, person) => {
  const refreshable = person.sessions.findLast((session) => session.refresh !== undefined);
  if (!refreshable?.refresh || stage.chance.happens(0.3)) return grant(stage, person);
  const { refresh: token } = refreshable;
  delete refreshable.refresh;
  remember(person.ghosts, { kind: 'refresh', secret: token });
  const nodes = stage.chance.happens(0.5) ? twoNodes(stage) : [undefined];
  await Promise.all(nodes.map((node) => refresh(stage, person, token, node)));
};

async function grant(stage: Stage, person: Person): Promise<void> {
  const [password = ''] = person.passwords;
  const second = person.apps.length > 0 ? appCode(stage, person) : undefined;
  const answered = await stage.ask({
    op: 'grant',
    who: person.name,
    method: 'POST',
    path: '/mfa/oauth2/token',
    json: {
      ...clientOf(stage),
      grant_type: 'password',
      username: person.name,
      password,
      ...(second && { mfa_code: second.code }),
    },
    sent: { password: fingerprint(password), ...(second && { proof: second.proof }) },
    got: tokensIn(stage, 'access_token'),
  });
  gotSession(stage, person, answered, 'access_token');
}

async function refresh(stage: Stage, person: Person, token: string, node?: number): Promise<void> {
  const answered = await stage.ask({
    op: 'refresh',
    who: person.name,
    node,
    method: 'POST',
    path: '/mfa/oauth2/token',
    json: { ...clientOf(stage), grant_type: 'refresh_token', refresh_token: token },
    sent: { refresh: fingerprint(token) },
    got: tokensIn(stage, 'access_token'),
  });
  gotSession(stage, person, answered, 'access_token');
}

const clientOf = ({ client }: Stage) => ({ client_id: client.id, client_secret: client.secret });

/** An application that checks passwords by itself has the person prove a second factor, and asks for the same once more. */
export const service: Play = async (stage, person) => {
  const asked = await stage.ask({
    op: 'ask',
    who: person.name,
    method: 'POST',
    path: '/challenges',
    token: stage.apikey,
    json: { user: { name: person.name } },
    sent: {},
    got: ({ id }) => (typeof id === 'string' ? { challenge: id } : {}),
  });
  const challenge = asked.seen.got.challenge;
  const one = challenge === undefined ? undefined : appCode(stage, person);
  if (challenge === undefined || !one) return;
  const [here, there] = twoNodes(stage);
  const other = stage.chance.happens(0.4) ? appCode(stage, person) : one;
  const shown = [[one, here] as const, ...(other ? [[other, there] as const] : [])];
  await Promise.all(
    shown.map(([{ code, proof }, node]) =>
      stage.ask({
        op: 'verify',
        who: person.name,
        node,
        method: 'POST',
        path: `/challenges/${challenge}/verify`,
        token: stage.apikey,
        json: { code },
        sent: { challenge, proof },
        got: ({ assertion }) => assertionIn(assertion),
      }),
    ),
  );
};

function assertionIn(assertion: unknown): { assertion?: string } {
  if (typeof assertion !== 'string') return {};
  const { jti } = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as { jti: string };
  return { assertion: jti };
}
