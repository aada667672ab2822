import { fingerprint } from '../recorder.ts';
import { refresh } from './applications.ts';
import { through } from './changes.ts';
import { answer, appCode, challenged, enter } from './logins.ts';
import { codeOf, forget, remember, stepAt, wrongCode, type Person, type Session, type Shown } from './person.ts';
import { twoNodes, type Play, type Stage } from './action.ts';

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
  if (!ghost) return;
  switch (ghost.kind) {
    case 'password':
      await enter(stage, person, ghost.secret);
      return;
    case 'refresh':
      await refresh(stage, person, ghost.secret);
      return;
    case 'session':
      await check(stage, person, ghost.session);
      return;
    case 'challenge': {
      const shown = appCode(stage, person);
      if (shown) await answer(stage, person, ghost.secret, shown);
      return;
    }
    case 'recovery': {
      const proof = { kind: 'recovery', code: fingerprint(ghost.secret) } as const;
      await answerNew(stage, person, { code: ghost.secret, proof });
      return;
    }
    case 'app':
      await answerNew(stage, person, codeOf(ghost.app, Math.max(stepAt(stage.now()), ghost.app.last + 1)));
      return;
  }
};

async function answerNew(stage: Stage, person: Person, shown: Shown): Promise<void> {
  const challenge = await challenged(stage, person);
  if (challenge !== undefined) await answer(stage, person, challenge, shown);
}

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
    answer(stage, person, challenge, {
      ...wrongCode(person, step, stage.chance.between(0, 999_999)),
      node: node(at),
    });
  await Promise.all(Array.from({ length: times }, (_, at) => guess(at)));
  const right = appCode(stage, person);
  if (right) await answer(stage, person, challenge, right);
};
