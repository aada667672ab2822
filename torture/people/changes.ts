import { fingerprint, type Answer } from '../recorder.ts';
import type { Op, Sent } from '../history.ts';
import { refresh } from './applications.ts';
import { addressOf, appCode, submitPassword, newestCode } from './logins.ts';
import { codeOf, forget, remember, stepAt, sentBy, type App, type Person, type Session, type Shown } from './person.ts';
import {
  email,
  rememberSession,
  newPassword,
  tokensIn,
  twoNodes,
  type UserAction,
  type ActionContext,
} from './action.ts';

/** How many apps a person has at most: fewer than the limit. */
const mostApps = 3;

/** A change to a person's factors, through one of their sessions: usually the newest. */
export const change: UserAction = async (ctx, person) => {
  const { random } = ctx;
  const session = random.chance(0.85) ? person.sessions.at(-1) : random.pickIfAny(person.sessions);
  if (!session) return;
  const has = person.apps.length > 0 || person.factor === 'email';
  const wants = person.factor === 'email' || person.apps.length < mostApps;
  const variants: readonly ((ctx: ActionContext, person: Person, session: Session) => Promise<unknown>)[] = [
    ...(wants ? [enroll, enroll] : []),
    ...(has ? [removeApp, turnOff, renew, changePassword] : [changePassword]),
  ];
  await random.pick(variants)(ctx, person, session);
  // An earlier token of the session, at once and on any node.
  const isEarlier = ({ id, generation }: Session) => id === session.id && generation < session.generation;
  const earlier = person.spent.findLast((one) => one.kind === 'session' && isEarlier(one.session));
  if (earlier?.kind === 'session')
    await through(ctx, person, earlier.session, { op: 'check', method: 'GET', path: '/users/me' });
};

type Through = {
  readonly op: Op;
  readonly method: string;
  readonly path: string;
  readonly json?: unknown;
  readonly sent?: Sent;
  readonly node?: number;
};

/** Sends a request with a session's token. */
export function through(
  ctx: ActionContext,
  person: Person,
  session: Session,
  { op, sent = {}, ...call }: Through,
): Promise<Answer> {
  const { token } = session;
  return ctx.ask({
    op,
    who: person.name,
    token,
    ...call,
    sent: { ...sentBy(session), ...sent },
    received: tokensIn(ctx),
  });
}

/** The change ended every other session: they are replayed later. */
function dropOtherSessions(person: Person, current: Session): void {
  for (const session of person.sessions.filter((one) => one !== current)) {
    forget(person.sessions, session);
    remember(person.spent, { kind: 'session', session });
    const { refresh: secret, client } = session;
    if (secret !== undefined && client) remember(person.spent, { kind: 'refresh', secret, client });
  }
}

/** Logs in to an account that requires an app of its users, and so enrolls the first one. */
export async function enrollRequired(ctx: ActionContext, person: Person): Promise<void> {
  const { body } = await submitPassword(ctx, person, person.passwords[0] ?? '');
  const { enrollment_token: token } = body;
  if (typeof token !== 'string') return;
  ctx.addSecret(token);
  await enroll(ctx, person, { id: '', generation: 0, token, at: ctx.now() });
}

/** Enrolls an authenticator, at times confirming at two nodes at once. */
export async function enroll(ctx: ActionContext, person: Person, session: Session): Promise<void> {
  const shown =
    person.factor === 'email' ? await beginEmail(ctx, person, session) : await beginApp(ctx, person, session);
  if (!shown) return;
  const nodes = ctx.random.chance(0.3) ? twoNodes(ctx) : [undefined];
  const all = await Promise.all(nodes.map((node) => confirm(ctx, person, session, { ...shown, node })));
  if (!all.some(({ ok }) => ok)) return;
  if (shown.app.id !== email) person.apps.push(shown.app);
  for (const { body } of all) {
    if (!Array.isArray(body['codes']) || body['codes'].length === 0) continue;
    person.codes = body['codes'] as string[];
  }
  dropOtherSessions(person, session);
  // The session goes on with the raised token, at times with the earlier one.
  if (ctx.random.chance(0.8)) for (const answered of all) rememberSession(ctx, person, answered, session.client);
}

type Begun = Shown & { readonly app: App };

async function beginApp(ctx: ActionContext, person: Person, session: Session): Promise<Begun | undefined> {
  const { ok, body } = await ctx.ask({
    op: 'begin',
    who: person.name,
    method: 'POST',
    path: '/users/me/secrets',
    token: session.token,
    json: { type: 'mfa' },
    sent: sentBy(session),
    received: ({ uid }) => ({ app: String(uid) }),
  });
  if (!ok) return undefined;
  const { secret: seed } = body['secret'] as { secret: string };
  ctx.addSecret(seed);
  const step = stepAt(ctx.now());
  const app = { id: String(body['uid']), seed, last: step };
  return { app, ...codeOf(app, step) };
}

async function beginEmail(ctx: ActionContext, person: Person, session: Session): Promise<Begun | undefined> {
  const begun = await through(ctx, person, session, {
    op: 'begin',
    method: 'PUT',
    path: '/mfa/email/request',
    json: { email: addressOf(person) },
    sent: { app: email },
  });
  const shown = begun.ok ? newestCode(ctx, person) : undefined;
  return shown && { app: { id: email, seed: '', last: 0 }, ...shown };
}

function confirm(
  ctx: ActionContext,
  person: Person,
  session: Session,
  { app, code, proof, node }: Begun & { readonly node: number | undefined },
): Promise<Answer> {
  const isEmail = app.id === email;
  return ctx.ask({
    op: 'confirm',
    who: person.name,
    node,
    method: 'PUT',
    path: isEmail ? '/mfa/email/verify' : `/users/me/secrets/${app.id}/enroll`,
    token: session.token,
    json: isEmail ? { mfa_code: code } : { token: code },
    sent: { ...sentBy(session), app: app.id, proof },
    received: (body) => ({ ...tokensIn(ctx)(body), ...codesIn(ctx)(body) }),
  });
}

const codesIn =
  (ctx: ActionContext) =>
  ({ codes }: Readonly<Record<string, unknown>>) => {
    if (!Array.isArray(codes)) return {};
    for (const code of codes as string[]) ctx.addSecret(code);
    return { codes: (codes as string[]).map(fingerprint) };
  };

async function removeApp(ctx: ActionContext, person: Person, session: Session): Promise<void> {
  const app = ctx.random.pickIfAny(person.apps);
  if (!app) return;
  const { seen } = await through(ctx, person, session, {
    op: 'remove',
    method: 'DELETE',
    path: `/users/me/secrets/${app.id}`,
    sent: { app: app.id },
  });
  if (seen.outcome === 'refused') return;
  forget(person.apps, app);
  remember(person.spent, { kind: 'app', app });
  if (person.apps.length === 0) discardRecoveryCodes(person);
  dropOtherSessions(person, session);
}

async function turnOff(ctx: ActionContext, person: Person, session: Session): Promise<void> {
  const { seen } = await through(ctx, person, session, { op: 'off', method: 'DELETE', path: '/mfa/' });
  if (seen.outcome === 'refused') return;
  for (const app of person.apps) remember(person.spent, { kind: 'app', app });
  person.apps = [];
  discardRecoveryCodes(person);
  dropOtherSessions(person, session);
}

function discardRecoveryCodes(person: Person): void {
  for (const secret of person.codes) remember(person.spent, { kind: 'recovery', secret });
  person.codes = [];
}

async function renew(ctx: ActionContext, person: Person, session: Session): Promise<void> {
  const { seen, body } = await ctx.ask({
    op: 'renew',
    who: person.name,
    method: 'POST',
    path: '/users/me/secrets/codes',
    token: session.token,
    sent: sentBy(session),
    received: codesIn(ctx),
  });
  if (seen.outcome === 'refused') return;
  discardRecoveryCodes(person);
  if (Array.isArray(body['codes'])) person.codes = body['codes'] as string[];
  dropOtherSessions(person, session);
}

async function changePassword(ctx: ActionContext, person: Person, session: Session): Promise<void> {
  const [current = ''] = person.passwords;
  const next = newPassword(ctx);
  const { seen } = await through(ctx, person, session, {
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
  for (const secret of person.passwords) remember(person.spent, { kind: 'password', secret });
  person.passwords = [next];
  dropOtherSessions(person, session);
  // The new password at once, on any node.
  if (ctx.random.chance(0.5)) await submitPassword(ctx, person, next);
}

/** A session proves a second factor again. */
export const stepUp: UserAction = async (ctx, person) => {
  const { sessions } = person;
  const refreshable = ctx.random.chance(0.5)
    ? sessions.findLast(({ refresh: token }) => token !== undefined)
    : undefined;
  const session = refreshable ?? sessions.at(-1);
  if (!session || person.factor === 'email') return;
  const { ok, body } = await ctx.ask({
    op: 'ask',
    who: person.name,
    method: 'POST',
    path: '/challenges',
    token: session.token,
    json: {},
    sent: sentBy(session),
    received: ({ id }) => (typeof id === 'string' ? { challenge: id } : {}),
  });
  const challenge = body['id'];
  const shown = ok && typeof challenge === 'string' ? appCode(ctx, person) : undefined;
  if (!shown || typeof challenge !== 'string') return;
  const nodes = ctx.random.chance(0.4) ? twoNodes(ctx) : [undefined];
  const verify = (node: number | undefined) =>
    through(ctx, person, session, {
      op: 'verify',
      method: 'POST',
      path: `/challenges/${challenge}/verify`,
      json: { code: shown.code },
      sent: { challenge, proof: shown.proof },
      ...(node !== undefined && { node }),
    });
  const answers = await Promise.all(nodes.map(verify));
  for (const answered of answers) rememberSession(ctx, person, answered, session.client);
  const { refresh: earlier, client } = session;
  if (earlier === undefined || !client || !answers.some(({ ok: isProven }) => isProven)) return;
  delete session.refresh;
  await refresh(ctx, person, { secret: earlier, client });
};
