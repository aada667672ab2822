/** The model: how a step ends, reason by reason, and what the database holds after it. */
import assert from 'node:assert/strict';
import { Secret, TOTP } from 'otpauth';
import { hour, minute, second } from '../../../src/base/clock.ts';
import type { Person } from './world.ts';
import type { Intent } from './intents.ts';

const waits = [30, 60, 120, 240, 480];

/** When the next try is looked at; undefined when no time is long enough. */
export function openAt(throttle: { failures: number; at: number } | undefined): number | undefined {
  if (!throttle || throttle.failures < 5) return -Infinity;
  return throttle.failures >= 100 ? undefined : throttle.at + (waits[throttle.failures - 5] ?? 900) * second;
}

/** Counts a try. True: it is looked at. */
function claim({ throttles }: Person, kind: string, now: number): boolean {
  const open = openAt(throttles[kind]);
  if (open === undefined || open > now) return false;
  throttles[kind] = { failures: (throttles[kind]?.failures ?? 0) + 1, at: now };
  return true;
}

/** The steps near now at which an app shows this code. */
function stepsOf(seed: string, code: string, now: number): readonly number[] {
  const totp = new TOTP({ secret: Secret.fromBase32(seed) });
  const present = Math.floor(now / (30 * second));
  return [present - 1, present, present + 1].filter((one) => totp.generate({ timestamp: one * 30 * second }) === code);
}

export const isFresh = (provenAt: number | null | undefined, now: number) =>
  provenAt !== null && provenAt !== undefined && now - provenAt <= 15 * minute;

/** The reason of a refusal, or undefined for a success; and in `person` what the database holds after it, but for what chance draws. */
export function predict(person: Person, intent: Intent, now: number): string | undefined {
  if (intent.do === 'login') return predictLogin(person, intent, now);
  if (intent.do === 'answer') return predictAnswer(person, intent, now);
  if (intent.do === 'unlock') {
    person.throttles = {};
    return undefined;
  }
  const { session } = intent;
  const kept = person.sessions[session.id] ?? assert.fail();
  const seconds = (time: number) => Math.floor(time / second);
  const inTime = now < session.madeAt + hour && seconds(now) < seconds(session.madeAt + hour);
  const notAhead = seconds(session.issuedAt) * second <= now + minute;
  if (kept.over || kept.epoch !== person.epoch || !inTime || !notAhead) return 'invalid_token';
  if (intent.do === 'logout') {
    kept.over = true;
    return undefined;
  }
  if (session.program) return 'unattended';
  const isStrong = isFresh(kept.provenAt, now);
  if (person.apps.length > 0 && !isStrong) return 'step_up_required';
  // For a new password the present one is asked.
  const asksLogin = person.apps.length === 0 && intent.do !== 'setPassword';
  if (asksLogin && !isStrong && !isFresh(session.madeAt, now)) return 'login_too_old';
  const refused = predictChange(person, intent, now);
  if (refused !== undefined || intent.do === 'enroll') return refused;
  person.epoch += 1;
  kept.epoch += 1;
  if (intent.do === 'confirm') kept.provenAt = now;
  return undefined;
}

function predictLogin(person: Person, { key, secret }: Intent & { do: 'login' }, now: number): string | undefined {
  if (key) return undefined;
  if (!claim(person, 'password', now)) return 'throttled';
  if (secret !== person.password) return 'wrong';
  delete person.throttles.password;
  return undefined;
}

function predictAnswer(
  person: Person,
  { challenge, response }: Intent & { do: 'answer' },
  now: number,
): string | undefined {
  const kept = person.challenges[challenge.token] ?? assert.fail();
  if (kept.closed || kept.epoch !== person.epoch || now >= challenge.madeAt + 3 * minute) return 'invalid_challenge';
  const kind = /^\d{6}$/.test(response) ? 'totp' : 'recovery';
  if (!claim(person, kind, now)) return 'throttled';
  if (kind === 'recovery') {
    if (!person.codes.includes(response)) return 'wrong';
    person.codes = person.codes.filter((code) => code !== response);
  } else {
    const fitting = person.apps
      .map((app) => ({ app, steps: stepsOf(app.seed, response, now) }))
      .filter(({ steps }) => steps.length > 0);
    const fresh = fitting.find(({ app, steps }) => Math.min(...steps) > app.lastStep);
    if (!fresh) return fitting.length > 0 ? 'replayed' : 'wrong';
    fresh.app.lastStep = Math.max(...fresh.steps);
  }
  kept.closed = true;
  delete person.throttles[kind];
  return undefined;
}

type Change = Intent & { do: 'enroll' | 'confirm' | 'remove' | 'renew' | 'addKey' | 'setPassword' };

function predictChange(person: Person, intent: Change | Intent, now: number): string | undefined {
  if (intent.do === 'enroll') return person.apps.length >= 5 ? 'too_many' : undefined;
  if (intent.do === 'renew') return person.apps.length === 0 ? 'mfa_not_enabled' : undefined;
  if (intent.do === 'addKey') person.keys += 1;
  if (intent.do === 'remove') {
    if (!person.apps.some(({ id }) => id === intent.id)) return 'not_found';
    person.apps = person.apps.filter(({ id }) => id !== intent.id);
    if (person.apps.length === 0) person.codes = [];
  }
  if (intent.do === 'confirm') {
    const { pending } = person;
    if (!pending || now >= pending.madeAt + 10 * minute) return 'not_found';
    if (person.apps.length >= 5) return 'too_many';
    if (!claim(person, 'totp.enrollment', now)) return 'throttled';
    const steps = stepsOf(pending.seed, intent.response, now);
    if (steps.length === 0) return 'wrong';
    delete person.throttles['totp.enrollment'];
    person.apps.push({ ...pending, lastStep: Math.max(...steps) });
    person.apps.sort((a, b) => (a.id < b.id ? -1 : 1));
    person.pending = null;
  }
  if (intent.do === 'setPassword') {
    const { session } = intent;
    // An app that was enrolled since the login proves no more than the login.
    const hadApp = person.apps.some(({ madeAt }) => madeAt <= session.madeAt);
    if (!hadApp || !isFresh(person.sessions[session.id]?.provenAt, now)) {
      if (intent.current === undefined) return 'current_password_required';
      if (!claim(person, 'password', now)) return 'throttled';
      if (intent.current !== person.password) return 'wrong_current_password';
      delete person.throttles.password;
    }
    person.password = intent.secret;
  }
  return undefined;
}

/** Puts into the model what only chance could draw: new sessions and challenges, a new seed, new recovery codes. */
export function drawn(person: Person, real: Person, intent: Intent, now: number): void {
  if (intent.do === 'login' || intent.do === 'answer') {
    const sessions = Object.keys(real.sessions).filter((id) => !(id in person.sessions));
    const challenges = Object.keys(real.challenges).filter((token) => !(token in person.challenges));
    const asked = intent.do === 'login' && !intent.key && person.apps.length > 0;
    assert.deepEqual([sessions.length, challenges.length], asked ? [0, 1] : [1, 0]);
    const { epoch } = person;
    const provenAt = intent.do === 'answer' ? now : null;
    for (const id of sessions) person.sessions[id] = { epoch, provenAt, over: false };
    for (const token of challenges) person.challenges[token] = { epoch, closed: false };
  }
  if (intent.do === 'enroll') person.pending = real.pending;
  if (intent.do === 'renew' || (intent.do === 'confirm' && person.codes.length === 0)) {
    assert.equal(real.codes.length, 10);
    assert.ok(real.codes.every((code) => !person.codes.includes(code)));
    person.codes = real.codes;
  }
}
