import { fingerprint } from '../recorder.ts';
import { refresh } from './applications.ts';
import { through } from './changes.ts';
import { answer, appCode, openChallenge, submitPassword } from './logins.ts';
import {
  codeOf,
  forget,
  remember,
  stepAt,
  wrongCode,
  sentBy,
  type Person,
  type Session,
  type Shown,
} from './person.ts';
import { twoNodes, type UserAction, type ActionContext } from './action.ts';

/** Checks whether a session is valid, and lists its user's authenticators. */
export const checkSession: UserAction = async (ctx, person) => {
  const session = ctx.random.pickIfAny(person.sessions);
  if (!session) return;
  const { seen } = await (ctx.random.chance(0.6) ? check(ctx, person, session) : list(ctx, person, session));
  if (seen.outcome === 'refused') forget(person.sessions, session);
};

const check = (ctx: ActionContext, person: Person, session: Session, node?: number) =>
  through(ctx, person, session, {
    op: 'check',
    method: 'GET',
    path: '/users/me',
    ...(node !== undefined && { node }),
  });

type Secret = { readonly uid: string; readonly type: string; readonly enrolled: boolean };

const list = (ctx: ActionContext, person: Person, session: Session) =>
  ctx.ask({
    op: 'list',
    who: person.name,
    method: 'GET',
    path: '/users/me/secrets',
    token: session.token,
    sent: sentBy(session),
    received: ({ list: secrets }) => ({
      apps: (secrets as Secret[]).filter(({ type, enrolled }) => type === 'mfa' && enrolled).map(({ uid }) => uid),
    }),
  });

/** Ends a session, by itself or through another, and checks at once on another node that it is refused. */
export const endSession: UserAction = async (ctx, person) => {
  const ending = ctx.random.pickIfAny(person.sessions);
  if (!ending) return;
  const by = ctx.random.chance(0.5) ? ending : (ctx.random.pickIfAny(person.sessions) ?? ending);
  const [here, there] = twoNodes(ctx);
  const { seen } = await through(ctx, person, by, {
    op: 'end',
    method: 'DELETE',
    path: by === ending && ctx.random.chance(0.5) ? '/sessions/current' : `/sessions/${ending.id}`,
    sent: { ends: ending.id },
    node: here,
  });
  if (seen.outcome === 'refused') return;
  forget(person.sessions, ending);
  remember(person.spent, { kind: 'session', session: ending });
  await check(ctx, person, ending, there);
};

/** Replays a credential that must be refused: a used code, an old password, an ended session. */
export const replaySpent: UserAction = async (ctx, person) => {
  const credential = ctx.random.pickIfAny(person.spent);
  if (!credential) return;
  switch (credential.kind) {
    case 'password':
      await submitPassword(ctx, person, credential.secret);
      return;
    case 'refresh':
      await refresh(ctx, person, credential);
      return;
    case 'session':
      await check(ctx, person, credential.session);
      return;
    case 'challenge': {
      const shown = appCode(ctx, person);
      if (shown) await answer(ctx, person, credential.secret, shown);
      return;
    }
    case 'recovery': {
      const proof = { kind: 'recovery', code: fingerprint(credential.secret) } as const;
      await answerNew(ctx, person, { code: credential.secret, proof });
      return;
    }
    case 'app':
      await answerNew(ctx, person, codeOf(credential.app, Math.max(stepAt(ctx.now()), credential.app.last + 1)));
      return;
  }
};

async function answerNew(ctx: ActionContext, person: Person, shown: Shown): Promise<void> {
  const challenge = await openChallenge(ctx, person);
  if (challenge !== undefined) await answer(ctx, person, challenge, shown);
}

/** Sends many guesses at once over all nodes, and then the right code or password. */
export const floodGuesses: UserAction = async (ctx, person) => {
  const times = ctx.random.between(8, 14);
  const [here, there] = twoNodes(ctx);
  const node = (at: number) => (at % 2 === 0 ? here : there);
  if (ctx.random.chance(0.3)) {
    await Promise.all(
      Array.from({ length: times }, (_, at) => submitPassword(ctx, person, `tortured-guess-${at}`, node(at))),
    );
    await submitPassword(ctx, person, person.passwords[0] ?? '');
    return;
  }
  const challenge = await openChallenge(ctx, person);
  if (challenge === undefined) return;
  const step = stepAt(ctx.now());
  const guess = (at: number) =>
    answer(ctx, person, challenge, {
      ...wrongCode(person, step, ctx.random.between(0, 999_999)),
      node: node(at),
    });
  await Promise.all(Array.from({ length: times }, (_, at) => guess(at)));
  const right = appCode(ctx, person);
  if (right) await answer(ctx, person, challenge, right);
};
