import { fingerprint, type Answered } from '../recorder.ts';
import { codeOf, forget, newPerson, remember, stepAt, wrongCode, type Person, type Shown } from './person.ts';
import { gotSession, newPassword, tokensIn, twoNodes, type Play, type Stage } from './action.ts';

export async function register(stage: Stage, name: string, way: Person['way']): Promise<Person | undefined> {
  const person = newPerson(name, way, newPassword(stage));
  const [password = ''] = person.passwords;
  const answered = await stage.ask({
    op: 'register',
    who: name,
    method: 'POST',
    path: '/users',
    json: { name, password },
    sent: { password: fingerprint(password) },
    got: tokensIn(stage),
  });
  // Without an answer nobody knows whether there is such a person.
  return gotSession(stage, person, answered) && person;
}

/** A password at one node. */
export async function enter(stage: Stage, person: Person, password: string, node?: number): Promise<Answered> {
  const answered = await stage.ask({
    op: 'login',
    who: person.name,
    node,
    method: 'POST',
    path: '/auth/password',
    basic: [person.name, password],
    sent: { password: fingerprint(password) },
    got: tokensIn(stage),
  });
  gotSession(stage, person, answered);
  const challenge = challengeIn(answered);
  if (challenge !== undefined) remember(person.ghosts, { kind: 'challenge', secret: challenge });
  return answered;
}

export function challengeIn({ ok, body }: Answered): string | undefined {
  const token = body['challenge_token'];
  return ok && typeof token === 'string' ? token : undefined;
}

/** A challenge that stands for a login of theirs, by whichever of their passwords is right. */
export async function challenged(stage: Stage, person: Person, node?: number): Promise<string | undefined> {
  for (const password of person.passwords) {
    const answered = await enter(stage, person, password, node);
    if (answered.ok) {
      person.passwords = [password];
      return challengeIn(answered);
    }
    if (answered.seen.outcome === 'unknown') return undefined;
  }
  person.failed += 1;
  return undefined;
}

export type At = { readonly node?: number; readonly door?: 'auth' | 'challenges' };

/** The answer to a login's challenge, at one of the doors that take it. */
export async function answer(
  stage: Stage,
  person: Person,
  challenge: string,
  { code, proof, node, door }: Shown & At,
): Promise<Answered> {
  const own = (door ?? stage.chance.pick(['auth', 'challenges'])) === 'auth';
  const field =
    proof.kind === 'recovery' || (proof.kind === 'wrong' && proof.of === 'recovery') ? 'backup_code' : 'code';
  const answered = await stage.ask({
    op: 'answer',
    who: person.name,
    node,
    method: 'POST',
    path: own ? '/auth/totp' : '/challenges/current/verify',
    ...(!own && { token: challenge }),
    json: own ? { challenge_token: challenge, token: code } : { [field]: code },
    sent: { challenge: fingerprint(challenge), proof },
    got: tokensIn(stage),
  });
  gotSession(stage, person, answered);
  return answered;
}

/** A proof that should be right, as far as its person knows. */
export async function rightProof(stage: Stage, person: Person, challenge?: string): Promise<Shown | undefined> {
  if (person.codes.length > 0 && stage.chance.happens(0.15)) return recoveryCode(stage, person);
  if (person.way === 'email') return challenge === undefined ? undefined : mailed(stage, person, challenge);
  return appCode(stage, person) ?? (person.codes.length > 0 ? recoveryCode(stage, person) : undefined);
}

export function recoveryCode({ chance }: Stage, person: Person): Shown | undefined {
  const code = chance.maybe(person.codes);
  if (code === undefined) return undefined;
  forget(person.codes, code);
  remember(person.ghosts, { kind: 'recovery', secret: code });
  return { code, proof: { kind: 'recovery', code: fingerprint(code) } };
}

function otherProof(stage: Stage, person: Person, { proof }: Shown): Shown | undefined {
  const used = proof.kind === 'totp' ? proof.app : undefined;
  const ofApp = person.way === 'totp' ? appCode(stage, person, used) : undefined;
  return ofApp ?? recoveryCode(stage, person);
}

/** A code that was not sent before, of the step now or the next. */
export function appCode({ chance, now }: Stage, person: Person, not?: string): Shown | undefined {
  const step = stepAt(now());
  const ready = person.apps.filter(({ last, id }) => last <= step && id !== not);
  const app = chance.maybe(ready);
  if (!app) return undefined;
  app.last = Math.max(step, app.last + 1);
  return codeOf(app, app.last);
}

async function mailed(stage: Stage, person: Person, challenge: string): Promise<Shown | undefined> {
  await stage.ask({
    op: 'send',
    who: person.name,
    method: 'POST',
    path: '/challenges/current/send',
    token: challenge,
    json: {},
    sent: { challenge: fingerprint(challenge) },
  });
  return newestMail(stage, person);
}

export const addressOf = ({ name }: Pick<Person, 'name'>) => `${name}@house.example`;

export function newestMail(stage: Stage, person: Person): Shown | undefined {
  const code = stage.mail(addressOf(person));
  return code === undefined
    ? undefined
    : { code: code.split(' ')[0] ?? '', proof: { kind: 'email', code: `${person.name} ${fingerprint(code)}` } };
}

/** Drawn by chance: a way that is listed three times is taken three times as often. */
const ways = [
  'plain',
  'plain',
  'plain',
  'wrong first',
  'twice',
  'two challenges',
  'two challenges',
  'two proofs',
  'two proofs',
  'again',
  'again',
  'again',
] as const;

/** Logs in, honestly or in one of the ways that must not get anybody more than one session. */
export const logIn: Play = async (stage, person) => {
  const challenge = await challenged(stage, person);
  if (challenge === undefined) return;
  const proof = await rightProof(stage, person, challenge);
  if (!proof) return;
  const [here, there] = twoNodes(stage);
  const door = stage.chance.pick(['auth', 'challenges'] as const);
  const how = stage.chance.pick(ways);
  const one = () => answer(stage, person, challenge, { ...proof, node: here, door });
  switch (how) {
    case 'plain':
      await one();
      return;
    case 'wrong first':
      await answer(stage, person, challenge, wrongCode(person, stepAt(stage.now()), stage.chance.between(0, 999_999)));
      await one();
      return;
    case 'twice':
      await Promise.all([one(), answer(stage, person, challenge, { ...proof, node: there, door })]);
      return;
    case 'two challenges': {
      const other = await challenged(stage, person, there);
      if (other !== undefined) await Promise.all([one(), answer(stage, person, other, { ...proof, node: there })]);
      return;
    }
    case 'two proofs': {
      const other = otherProof(stage, person, proof);
      if (other) await Promise.all([one(), answer(stage, person, challenge, { ...other, node: there })]);
      return;
    }
    case 'again': {
      await one();
      const other = await challenged(stage, person);
      if (other !== undefined) await answer(stage, person, other, proof);
    }
  }
};
