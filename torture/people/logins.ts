import { fingerprint, type Answer, type Call } from '../recorder.ts';
import { codeOf, forget, newPerson, remember, stepAt, wrongCode, type Person, type Shown } from './person.ts';
import { rememberSession, newPassword, tokensIn, twoNodes, type UserAction, type ActionContext } from './action.ts';

export async function register(
  ctx: ActionContext,
  name: string,
  factor: Person['factor'],
): Promise<Person | undefined> {
  const person = newPerson({ name, factor, password: newPassword(ctx) });
  const [password = ''] = person.passwords;
  const answered = await ctx.ask({
    op: 'register',
    who: name,
    method: 'POST',
    path: '/users',
    json: { name, password },
    sent: { password: fingerprint(password) },
    received: tokensIn(ctx),
  });
  // Without an answer it is unknown whether the user exists.
  person.user = answered.seen.received.user;
  return rememberSession(ctx, person, answered) && person;
}

/** A person whose account requires an app: the administrator makes them, and their first login enrolls it. */
export async function registerStrict(ctx: ActionContext, name: string): Promise<Person | undefined> {
  const person = newPerson({ name, factor: 'totp', account: ctx.strict, password: newPassword(ctx) });
  const [password = ''] = person.passwords;
  const { seen } = await askAsAdministrator(ctx, {
    op: 'register',
    who: name,
    method: 'PUT',
    path: `/v2/accounts/${ctx.strict}/users`,
    json: { data: { username: name, password } },
    sent: { password: fingerprint(password), requiresApp: true },
    received: ({ data }) => ({ user: (data as { id: string }).id }),
  });
  person.user = seen.received.user;
  return person.user === undefined ? undefined : person;
}

/** Sends a request of the administrator, in a session of its own: only then it has fresh proof. */
export async function askAsAdministrator(ctx: ActionContext, call: Call): Promise<Answer> {
  const basic = ctx.administrator;
  const json = {};
  const logIn = { op: 'login', who: basic[0], method: 'POST', path: '/auth/password', basic, json, sent: {} } as const;
  const { body } = await ctx.ask({ ...logIn, received: tokensIn(ctx) });
  const { token } = body;
  return ctx.ask({ ...call, token: typeof token === 'string' ? token : '' });
}

/** Sends a password to one node. */
export async function submitPassword(
  ctx: ActionContext,
  person: Person,
  password: string,
  node?: number,
): Promise<Answer> {
  const answered = await ctx.ask({
    op: 'login',
    who: person.name,
    node,
    method: 'POST',
    path: person.account === undefined ? '/auth/password' : `/auth/password?account=${person.account}`,
    basic: [person.name, password],
    sent: { password: fingerprint(password) },
    received: tokensIn(ctx),
  });
  rememberSession(ctx, person, answered);
  const challenge = challengeIn(answered);
  if (challenge !== undefined) remember(person.spent, { kind: 'challenge', secret: challenge });
  return answered;
}

export function challengeIn({ ok, body }: Answer): string | undefined {
  const token = body['challenge_token'];
  return ok && typeof token === 'string' ? token : undefined;
}

/** The challenge of a login, with the first of the person's possible passwords that is accepted. */
export async function openChallenge(ctx: ActionContext, person: Person, node?: number): Promise<string | undefined> {
  for (const password of person.passwords) {
    const answered = await submitPassword(ctx, person, password, node);
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

/** Answers a login's challenge, at one of the doors that accept it. */
export async function answer(
  ctx: ActionContext,
  person: Person,
  challenge: string,
  { code, proof, node, door }: Shown & At,
): Promise<Answer> {
  const own = (door ?? ctx.random.pick(['auth', 'challenges'])) === 'auth';
  const field =
    proof.kind === 'recovery' || (proof.kind === 'wrong' && proof.of === 'recovery') ? 'backup_code' : 'code';
  const answered = await ctx.ask({
    op: 'answer',
    who: person.name,
    node,
    method: 'POST',
    path: own ? '/auth/totp' : '/challenges/current/verify',
    ...(!own && { token: challenge }),
    json: own ? { challenge_token: challenge, token: code } : { [field]: code },
    sent: { challenge: fingerprint(challenge), proof },
    received: tokensIn(ctx),
  });
  rememberSession(ctx, person, answered);
  return answered;
}

/** A proof that should be right, as far as the person knows. */
export async function rightProof(ctx: ActionContext, person: Person, challenge?: string): Promise<Shown | undefined> {
  if (person.codes.length > 0 && ctx.random.chance(0.15)) return recoveryCode(ctx, person);
  if (person.factor === 'email') return challenge === undefined ? undefined : sendCode(ctx, person, challenge);
  return appCode(ctx, person) ?? (person.codes.length > 0 ? recoveryCode(ctx, person) : undefined);
}

export function recoveryCode({ random }: ActionContext, person: Person): Shown | undefined {
  const code = random.pickIfAny(person.codes);
  if (code === undefined) return undefined;
  forget(person.codes, code);
  remember(person.spent, { kind: 'recovery', secret: code });
  return { code, proof: { kind: 'recovery', code: fingerprint(code) } };
}

function otherProof(ctx: ActionContext, person: Person, { proof }: Shown): Shown | undefined {
  const used = proof.kind === 'totp' ? proof.app : undefined;
  const ofApp = person.factor === 'totp' ? appCode(ctx, person, used) : undefined;
  return ofApp ?? recoveryCode(ctx, person);
}

/** A code of the current or the next step that was not sent before. */
export function appCode({ random, now }: ActionContext, person: Person, not?: string): Shown | undefined {
  const step = stepAt(now());
  const ready = person.apps.filter(({ last, id }) => last <= step && id !== not);
  const app = random.pickIfAny(ready);
  if (!app) return undefined;
  app.last = Math.max(step, app.last + 1);
  return codeOf(app, app.last);
}

async function sendCode(ctx: ActionContext, person: Person, challenge: string): Promise<Shown | undefined> {
  await ctx.ask({
    op: 'send',
    who: person.name,
    method: 'POST',
    path: '/challenges/current/send',
    token: challenge,
    json: {},
    sent: { challenge: fingerprint(challenge) },
  });
  return newestCode(ctx, person);
}

export const addressOf = ({ name }: Pick<Person, 'name'>) => `${name}@mail.example`;

export function newestCode(ctx: ActionContext, person: Person): Shown | undefined {
  const sent = ctx.mail(addressOf(person));
  if (!sent) return undefined;
  const { code, at, action } = sent;
  const proof = { kind: 'email', code: `${person.name} ${fingerprint(`${code} ${at}`)}` } as const;
  return { code, proof: { ...proof, ...(action !== undefined && { action }) } };
}

/** Picked at random: a variant that is listed three times is three times as likely. */
const variants = [
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

/** Logs in, honestly or in a variant that must not open more than one session. */
export const logIn: UserAction = async (ctx, person) => {
  const challenge = await openChallenge(ctx, person);
  if (challenge === undefined) return;
  const proof = await rightProof(ctx, person, challenge);
  if (!proof) return;
  const [here, there] = twoNodes(ctx);
  const door = ctx.random.pick(['auth', 'challenges'] as const);
  const how = ctx.random.pick(variants);
  const one = () => answer(ctx, person, challenge, { ...proof, node: here, door });
  switch (how) {
    case 'plain':
      await one();
      return;
    case 'wrong first':
      await answer(ctx, person, challenge, wrongCode(person, stepAt(ctx.now()), ctx.random.between(0, 999_999)));
      await one();
      return;
    case 'twice':
      await Promise.all([one(), answer(ctx, person, challenge, { ...proof, node: there, door })]);
      return;
    case 'two challenges': {
      const other = await openChallenge(ctx, person, there);
      if (other !== undefined) await Promise.all([one(), answer(ctx, person, other, { ...proof, node: there })]);
      return;
    }
    case 'two proofs': {
      const other = otherProof(ctx, person, proof);
      if (other) await Promise.all([one(), answer(ctx, person, challenge, { ...other, node: there })]);
      return;
    }
    case 'again': {
      await one();
      const other = await openChallenge(ctx, person);
      if (other !== undefined) await answer(ctx, person, other, proof);
    }
  }
};
