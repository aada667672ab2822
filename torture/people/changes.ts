import { fingerprint, type Answered } from '../recorder.ts';
import type { Op, Sent } from '../history.ts';
import { addressOf, appCode, enter, newestMail } from './logins.ts';
import { codeOf, forget, remember, stepAt, type App, type Person, type Session, type Shown } from './person.ts';
import { email, gotSession, newPassword, tokensIn, twoNodes, type Play, type Stage } from './action.ts';

/** How many apps somebody has at most: fewer than they may. */
const mostApps = 3;

/** One of the changes to what a person has, through one of their sessions: the newest as a rule. */
export const change: Play = async (stage, person) => {
  const { chance } = stage;
  const session = chance.happens(0.85) ? person.sessions.at(-1) : chance.maybe(person.sessions);
  if (!session) return;
  const has = person.apps.length > 0 || person.way === 'email';
  const wants = person.way === 'email' || person.apps.length < mostApps;
  const ways: readonly ((stage: Stage, person: Person, session: Session) => Promise<unknown>)[] = [
    ...(wants ? [enrol, enrol] : []),
    ...(has ? [removeApp, turnOff, renew, changePassword] : [changePassword]),
  ];
  await chance.pick(ways)(stage, person, session);
};

type Through = {
  readonly op: Op;
  readonly method: string;
  readonly path: string;
  readonly json?: unknown;
  readonly sent?: Sent;
  readonly node?: number;
};

/** Asks something through a session. */
export function through(
  stage: Stage,
  person: Person,
  { id, token }: Session,
  { op, sent = {}, ...asked }: Through,
): Promise<Answered> {
  return stage.ask({ op, who: person.name, token, ...asked, sent: { session: id, ...sent }, got: tokensIn(stage) });
}

/** Every other session of theirs is over, and nobody has said so to those who hold them. */
function lose(person: Person, kept: Session): void {
  for (const session of person.sessions.filter((one) => one !== kept)) {
    forget(person.sessions, session);
    remember(person.ghosts, { kind: 'session', session });
    if (session.refresh !== undefined) remember(person.ghosts, { kind: 'refresh', secret: session.refresh });
  }
}

/** Begins an authenticator and shows that it works; now and then at two nodes at once. */
export async function enrol(stage: Stage, person: Person, session: Session): Promise<void> {
  const shown =
    person.way === 'email' ? await beginMail(stage, person, session) : await beginApp(stage, person, session);
  if (!shown) return;
  const nodes = stage.chance.happens(0.3) ? twoNodes(stage) : [undefined];
  const all = await Promise.all(nodes.map((node) => confirm(stage, person, session, { ...shown, node })));
  if (!all.some(({ ok }) => ok)) return;
  if (shown.app.id !== email) person.apps.push(shown.app);
  for (const { body } of all) {
    if (!Array.isArray(body['codes']) || body['codes'].length === 0) continue;
    person.codes = body['codes'] as string[];
  }
  lose(person, session);
}

type Begun = Shown & { readonly app: App };

async function beginApp(stage: Stage, person: Person, session: Session): Promise<Begun | undefined> {
  const { ok, body } = await stage.ask({
    op: 'begin',
    who: person.name,
    method: 'POST',
    path: '/users/me/secrets',
    token: session.token,
    json: { type: 'mfa' },
    sent: { session: session.id },
    got: ({ uid }) => ({ app: String(uid) }),
  });
  if (!ok) return undefined;
  const { secret: seed } = body['secret'] as { secret: string };
  stage.keep(seed);
  const step = stepAt(stage.now());
  const app = { id: String(body['uid']), seed, last: step };
  return { app, ...codeOf(app, step) };
}

async function beginMail(stage: Stage, person: Person, session: Session): Promise<Begun | undefined> {
  const begun = await through(stage, person, session, {
    op: 'begin',
    method: 'PUT',
    path: '/mfa/email/request',
    json: { email: addressOf(person) },
    sent: { app: email },
  });
  const shown = begun.ok ? newestMail(stage, person) : undefined;
  return shown && { app: { id: email, seed: '', last: 0 }, ...shown };
}

function confirm(
  stage: Stage,
  person: Person,
  session: Session,
  { app, code, proof, node }: Begun & { readonly node: number | undefined },
): Promise<Answered> {
  const isMail = app.id === email;
  return stage.ask({
    op: 'confirm',
    who: person.name,
    node,
    method: 'PUT',
    path: isMail ? '/mfa/email/verify' : `/users/me/secrets/${app.id}/enroll`,
    token: session.token,
    json: isMail ? { mfa_code: code } : { token: code },
    sent: { session: session.id, app: app.id, proof },
    got: codesIn(stage),
  });
}

const codesIn =
  (stage: Stage) =>
  ({ codes }: Readonly<Record<string, unknown>>) => {
    if (!Array.isArray(codes)) return {};
    for (const code of codes as string[]) stage.keep(code);
    return { codes: (codes as string[]).map(fingerprint) };
  };

async function removeApp(stage: Stage, person: Person, session: Session): Promise<void> {
  const app = stage.chance.maybe(person.apps);
  if (!app) return;
  const { seen } = await through(stage, person, session, {
    op: 'remove',
    method: 'DELETE',
    path: `/users/me/secrets/${app.id}`,
    sent: { app: app.id },
  });
  if (seen.outcome === 'refused') return;
  forget(person.apps, app);
  remember(person.ghosts, { kind: 'app', app });
  if (person.apps.length === 0) bury(person);
  lose(person, session);
}

async function turnOff(stage: Stage, person: Person, session: Session): Promise<void> {
  const { seen } = await through(stage, person, session, { op: 'off', method: 'DELETE', path: '/mfa/' });
  if (seen.outcome === 'refused') return;
  for (const app of person.apps) remember(person.ghosts, { kind: 'app', app });
  person.apps = [];
  bury(person);
  lose(person, session);
}

function bury(person: Person): void {
  for (const secret of person.codes) remember(person.ghosts, { kind: 'recovery', secret });
  person.codes = [];
}

async function renew(stage: Stage, person: Person, session: Session): Promise<void> {
  const { seen, body } = await stage.ask({
    op: 'renew',
    who: person.name,
    method: 'POST',
    path: '/users/me/secrets/codes',
    token: session.token,
    sent: { session: session.id },
    got: codesIn(stage),
  });
  if (seen.outcome === 'refused') return;
  bury(person);
  if (Array.isArray(body['codes'])) person.codes = body['codes'] as string[];
  lose(person, session);
}

async function changePassword(stage: Stage, person: Person, session: Session): Promise<void> {
  const [current = ''] = person.passwords;
  const next = newPassword(stage);
  const { seen } = await through(stage, person, session, {
    op: 'password',
    method: 'POST',
    path: '/users/me/secrets',
    json: { type: 'password', secret: next, currentPassword: current },
    sent: { password: fingerprint(current), newPassword: fingerprint(next) },
  });
  if (seen.outcome === 'refused') return;
  if (seen.outcome === 'unknown') {
    person.passwords = [next, ...person.passwords];
    return;
  }
  for (const secret of person.passwords) remember(person.ghosts, { kind: 'password', secret });
  person.passwords = [next];
  lose(person, session);
  // The new one, elsewhere and at once.
  if (stage.chance.happens(0.5)) await enter(stage, person, next);
}

/** A session proves a second factor again. */
export const stepUp: Play = async (stage, person) => {
  const session = person.sessions.at(-1);
  if (!session || person.way === 'email') return;
  const { ok, body } = await stage.ask({
    op: 'ask',
    who: person.name,
    method: 'POST',
    path: '/challenges',
    token: session.token,
    json: {},
    sent: { session: session.id },
    got: ({ id }) => (typeof id === 'string' ? { challenge: id } : {}),
  });
  const challenge = body['id'];
  const shown = ok && typeof challenge === 'string' ? appCode(stage, person) : undefined;
  if (!shown || typeof challenge !== 'string') return;
  const nodes = stage.chance.happens(0.4) ? twoNodes(stage) : [undefined];
  const verify = (node: number | undefined) =>
    through(stage, person, session, {
      op: 'verify',
      method: 'POST',
      path: `/challenges/${challenge}/verify`,
      json: { code: shown.code },
      sent: { challenge, proof: shown.proof },
      ...(node !== undefined && { node }),
    });
  for (const answered of await Promise.all(nodes.map(verify))) gotSession(stage, person, answered);
};
