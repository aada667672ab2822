/** What holds after every step, also where several people act at once. */
import assert from 'node:assert/strict';
import type { Outcome } from '../../../src/base/outcome.ts';
import type { Intent } from './intents.ts';
import type { Stage } from './memory.ts';
import type { World } from './world.ts';
import { isFresh, openAt } from './predict.ts';

type Done = { readonly intent: Intent; readonly outcome: Outcome<unknown, string> };

/** How a try ended that was looked at. */
const looks = ['wrong', 'replayed', 'raced', 'wrong_current_password'];

const kindOf = (intent: Intent): string | undefined => {
  if (intent.do === 'login') return intent.key ? undefined : 'password';
  if (intent.do === 'answer') return /^\d{6}$/.test(intent.response) ? 'totp' : 'recovery';
  return intent.do === 'confirm' ? 'totp.enrollment' : undefined;
};

export function holds({ engine, memory }: Stage, before: World, after: World, done: readonly Done[]): void {
  const now = engine.clock.now();
  for (const { intent, outcome } of done) {
    const [was, is] = [before[intent.name] ?? assert.fail(), after[intent.name] ?? assert.fail()];
    if (outcome.ok && (intent.do === 'answer' || intent.do === 'confirm')) {
      const once = [
        `${intent.name}: ${intent.response}`,
        ...(intent.do === 'answer' ? [`challenge ${intent.challenge.token}`] : []),
      ];
      for (const one of once) {
        assert.ok(!memory.consumed.has(one), `${one} worked twice`);
        memory.consumed.add(one);
      }
      memory.used[intent.name]?.push(intent.response);
      memory.raised += 1;
    }
    if (outcome.ok && 'session' in intent && intent.do !== 'logout') {
      assert.ok(!intent.session.program, `${intent.do} by a program`);
      const { provenAt } = was.sessions[intent.session.id] ?? assert.fail();
      // Without a second factor, the login is enough, and for a new password the present one.
      const isLoggedIn = was.apps.length === 0 && (isFresh(intent.session.madeAt, now) || intent.do === 'setPassword');
      const isProven = isFresh(provenAt, now) || isLoggedIn;
      assert.ok(isProven, `${intent.do} without the proof it needs`);
    }
    for (const app of was.apps) {
      const next = is.apps.find(({ id }) => id === app.id);
      assert.ok(!next || next.lastStep >= app.lastStep, 'a step was forgotten');
    }
  }
  bounded(before, done, now);
  const raised = Object.values(after).flatMap(({ sessions }) =>
    Object.values(sessions).filter(({ provenAt }) => provenAt !== null),
  );
  assert.ok(raised.length <= memory.raised, 'a session with two factors that nothing was spent for');
}

/** No more tries were looked at than there were; a success gives new ones. */
function bounded(before: World, done: readonly Done[], now: number): void {
  for (const [name, person] of Object.entries(before)) {
    const tries = done.filter(({ intent }) => intent.name === name);
    if (tries.some(({ intent }) => intent.do === 'unlock')) continue;
    for (const kind of ['password', 'totp', 'recovery', 'totp.enrollment']) {
      const ends = tries.filter(({ intent }) => kindOf(intent) === kind).map(({ outcome }) => outcome);
      if (ends.some(({ ok }) => ok)) continue;
      const throttle = person.throttles[kind];
      const open = openAt(throttle);
      const left = open === undefined || open > now ? 0 : Math.max(1, 5 - (throttle?.failures ?? 0));
      const looked = ends.filter((outcome) => !outcome.ok && looks.includes(outcome.reason)).length;
      assert.ok(looked <= left, `${looked} guesses at ${kind} of ${name} were looked at, and ${left} were left`);
    }
  }
}
