import { oauth, service } from './people/applications.ts';
import { change, enroll, enrollRequired, stepUp } from './people/changes.ts';
import { disable } from './people/disabled.ts';
import { logIn, register, registerStrict } from './people/logins.ts';
import { replaySpent, endSession, checkSession, floodGuesses } from './people/sessions.ts';
import { forget, type Person } from './people/person.ts';
import type { UserAction, ActionContext } from './people/action.ts';

/** How many people each worker simulates. */
const atOnce = 4;

/** How many actions a person takes, and how many failed logins end that earlier. */
const limits = { fewest: 20, most: 120, failures: 6 };

/** After this they use their sessions again, in milliseconds of virtual time: a second factor is fresh for a quarter of an hour. */
const idleTime = 18 * 60_000;

/** The share of people who become idle as soon as they have enrolled. */
const idleShare = 0.2;

const actions: readonly (readonly [number, UserAction])[] = [
  [10, logIn],
  [5, change],
  [5, checkSession],
  [2, endSession],
  [6, replaySpent],
  [4, oauth],
  [3, service],
  [3, stepUp],
  [1, disable],
  [2, floodGuesses],
];

const weighted = actions.flatMap(([weight, action]) => Array.from({ length: weight }, () => action));

/** Simulates some people: one action after the other, and now and then two actions of one person at once. */
export async function simulatePeople(ctx: ActionContext, name: string, continues: () => boolean): Promise<void> {
  const { random } = ctx;
  const people: Person[] = [];
  const idle: { readonly person: Person; readonly until: number }[] = [];
  const makeIdle = (person: Person) => idle.push({ person, until: ctx.now() + idleTime });
  let made = 0;
  while (continues()) {
    const [first] = idle;
    if (first && first.until <= ctx.now()) {
      idle.shift();
      for (const action of [checkSession, change, change, replaySpent]) await action(ctx, first.person);
    }
    if (people.length < atOnce) {
      made += 1;
      const person = await makePerson(ctx, `${name}-${made}`);
      if (person && random.chance(idleShare)) makeIdle(person);
      else if (person) people.push(person);
      continue;
    }
    const person = random.pick(people);
    const doing = random.chance(0.25) ? [random.pick(weighted), random.pick(weighted)] : [random.pick(weighted)];
    await Promise.all(doing.map((action) => action(ctx, person)));
    person.actions -= 1;
    if (person.actions > 0 && person.failed <= limits.failures) continue;
    forget(people, person);
    makeIdle(person);
  }
}

/** A new person, most of whom enroll a second factor at once. */
async function makePerson(ctx: ActionContext, name: string): Promise<Person | undefined> {
  const isStrict = ctx.random.chance(0.15);
  const person = isStrict
    ? await registerStrict(ctx, name)
    : await register(ctx, name, ctx.random.chance(0.8) ? 'totp' : 'email');
  const session = person?.sessions[0];
  if (person) person.actions = ctx.random.between(limits.fewest, limits.most);
  if (person && isStrict) await enrollRequired(ctx, person);
  if (person && session && ctx.random.chance(0.9)) await enroll(ctx, person, session);
  return person;
}

/** Each worker has random numbers of its own, so that none depends on another. */
export function runWorkload(
  workers: number,
  contextOf: (at: number) => ActionContext,
  continues: () => boolean,
): Promise<unknown> {
  return Promise.all(
    Array.from({ length: workers }, (_, at) => simulatePeople(contextOf(at), `person-${at}`, continues)),
  );
}
