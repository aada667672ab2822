/** What somebody is about to do: a step whose choices are made. */
import assert from 'node:assert/strict';
import type { TestEngine } from '../../../kit/test-engine.ts';
import type { Challenge, Memory, Session, Stage } from './memory.ts';
import type { World } from './world.ts';
import type { Act } from './steps.ts';

export type Intent =
  | { readonly do: 'login'; readonly name: string; readonly secret: string; readonly key: boolean }
  | { readonly do: 'answer'; readonly name: string; readonly challenge: Challenge; readonly response: string }
  | { readonly do: 'enroll' | 'renew' | 'addKey' | 'logout'; readonly name: string; readonly session: Session }
  | {
      readonly do: 'confirm';
      readonly name: string;
      readonly session: Session;
      readonly id: string;
      readonly response: string;
    }
  | { readonly do: 'remove'; readonly name: string; readonly session: Session; readonly id: string }
  | {
      readonly do: 'setPassword';
      readonly name: string;
      readonly session: Session;
      readonly secret: string;
      readonly current?: string;
    }
  | { readonly do: 'unlock'; readonly name: string };

const choose = <Value>(values: readonly Value[] | undefined, at: number): Value | undefined =>
  values?.[at % Math.max(1, values.length)];

/** What is likely to work, where there is any, and now and then something else. */
const mostly = <Value>(likely: readonly Value[], all: readonly Value[], at: number) =>
  at % 5 === 0 || likely.length === 0 ? all.slice(-5) : likely.slice(-5);

export function intend({ engine, memory }: Stage, world: World, step: Act): Intent | undefined {
  if (step.do === 'unlock') return { do: 'unlock', name: step.who };
  if (step.do === 'login') {
    const key = step.secret === 'key' ? choose(memory.keys[step.who], 0) : undefined;
    const password = step.secret === 'right' ? world[step.who]?.password : undefined;
    return { do: 'login', name: step.who, secret: key ?? password ?? 'a wrong guess', key: key !== undefined };
  }
  if (step.do === 'answer') {
    const open = memory.challenges.filter(({ name, token }) => {
      const kept = world[name]?.challenges[token];
      return kept?.closed === false && kept.epoch === world[name]?.epoch;
    });
    const challenge = choose(mostly(open, memory.challenges, step.pick), step.pick);
    return (
      challenge && {
        do: 'answer',
        name: challenge.name,
        challenge,
        response: replyOf(engine, memory, world, challenge.name, step),
      }
    );
  }
  const live = memory.sessions.filter(({ name, id }) => {
    const kept = world[name]?.sessions[id];
    const awaited = step.do !== 'confirm' || world[name]?.pending;
    return kept?.over === false && kept.epoch === world[name]?.epoch && awaited;
  });
  const session = choose(mostly(live, memory.sessions, step.pick), step.pick);
  if (!session) return undefined;
  const { name } = session;
  const person = world[name] ?? assert.fail();
  if (step.do === 'confirm') {
    const { id, seed } = person.pending ?? { id: 'nothing', seed: undefined };
    const response =
      step.right && seed !== undefined ? engine.codeFor(seed) : engine.wrongCodeFor(seed ?? 'A'.repeat(32));
    return { do: 'confirm', name, session, id, response };
  }
  if (step.do === 'remove')
    return { do: 'remove', name, session, id: choose(person.apps, step.other)?.id ?? 'nothing' };
  if (step.do === 'setPassword') {
    const secret = `password ${memory.passwords[name]?.length} of ${name}`;
    // Remembered at once: of several at the same time nobody knows which is the last.
    memory.passwords[name]?.push(secret);
    const current = { right: person.password, wrong: 'a wrong guess', none: undefined }[step.current];
    return { do: 'setPassword', name, session, secret, ...(current !== undefined && { current }) };
  }
  return { do: step.do, name, session };
}

function replyOf(
  engine: TestEngine,
  memory: Memory,
  world: World,
  name: string,
  { response, other }: Act & { do: 'answer' },
): string {
  const person = world[name] ?? assert.fail();
  const stranger = world[name === 'ada' ? 'eve' : 'ada'] ?? assert.fail();
  const seed = choose(person.apps, other)?.seed;
  const spent = memory.codes[name]?.filter((code) => !person.codes.includes(code));
  const shows = (steps: number) => (seed === undefined ? undefined : engine.codeFor(seed, steps));
  const replies = {
    now: () => shows(0),
    before: () => shows(-1),
    after: () => shows(1),
    used: () => choose(memory.used[name], other),
    wrong: () => undefined,
    spare: () => choose(person.codes, other),
    spent: () => choose(spent, other),
    foreign: () =>
      choose(stranger.codes, other) ??
      choose(
        stranger.apps.map((app) => engine.codeFor(app.seed)),
        other,
      ),
  };
  return replies[response]() ?? (response === 'spare' || response === 'spent' ? '0000-0000-0000-0000' : '000000');
}
