import { oauth, service } from './people/applications.ts';
import { change, enrol, stepUp } from './people/changes.ts';
import { logIn, register } from './people/logins.ts';
import { haunt, leave, look, storm } from './people/sessions.ts';
import { forget, type Person } from './people/person.ts';
import type { Play, Stage } from './people/action.ts';

/** How many people each worker plays, and how long one of them lasts. */
const atOnce = 4;
const lives = { shortest: 20, longest: 120, failures: 6 };

/** After this they come back to what they left open, in milliseconds of the servers' time: a second factor is fresh for a quarter of an hour. */
const sleep = 18 * 60_000;

/** How many go to sleep as soon as they have enrolled. */
const early = 0.2;

const plays: readonly (readonly [number, Play])[] = [
  [10, logIn],
  [5, change],
  [5, look],
  [2, leave],
  [6, haunt],
  [4, oauth],
  [3, service],
  [2, stepUp],
  [2, storm],
];

const bag = plays.flatMap(([weight, play]) => Array.from({ length: weight }, () => play));

/** Plays some people until it is told to stop: one thing after the other, and now and then two things at once by the same person. */
export async function playPeople(stage: Stage, name: string, goesOn: () => boolean): Promise<void> {
  const { chance } = stage;
  const people: Person[] = [];
  const asleep: { readonly person: Person; readonly until: number }[] = [];
  const rest = (person: Person) => asleep.push({ person, until: stage.now() + sleep });
  let made = 0;
  while (goesOn()) {
    const [first] = asleep;
    if (first && first.until <= stage.now()) {
      asleep.shift();
      for (const play of [look, change, change, haunt]) await play(stage, first.person);
    }
    if (people.length < atOnce) {
      made += 1;
      const person = await importable(stage, `${name}-${made}`);
      if (person && chance.happens(early)) rest(person);
      else if (person) people.push(person);
      continue;
    }
    const person = chance.pick(people);
    const doing = chance.happens(0.25) ? [chance.pick(bag), chance.pick(bag)] : [chance.pick(bag)];
    await Promise.all(doing.map((play) => play(stage, person)));
    person.plays -= 1;
    if (person.plays > 0 && person.failed <= lives.failures) continue;
    forget(people, person);
    rest(person);
  }
}

/** Somebody new, who has a second factor at once as a rule. */
async function importable(stage: Stage, name: string): Promise<Person | undefined> {
  const person = await register(stage, name, stage.chance.happens(0.8) ? 'totp' : 'email');
  const session = person?.sessions[0];
  if (person) person.plays = stage.chance.between(lives.shortest, lives.longest);
  if (person && session && stage.chance.happens(0.9)) await enrol(stage, person, session);
  return person;
}

/** Each of them has chance of its own, so that what one does hangs on no other. */
export function crowd(workers: number, stageOf: (at: number) => Stage, goesOn: () => boolean): Promise<unknown> {
  return Promise.all(Array.from({ length: workers }, (_, at) => playPeople(stageOf(at), `person-${at}`, goesOn)));
}
