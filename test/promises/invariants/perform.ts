/** Does what somebody is about to do, and remembers what came of it. */
import assert from 'node:assert/strict';
import type { Outcome } from '../../../src/base/outcome.ts';
import { answerLogin } from '../../../src/engine/login/answer-login.ts';
import { confirm } from '../../../src/engine/enrollment/confirm.ts';
import type { RequestContext } from '../../../src/engine/context.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { login } from '../../../src/engine/login/login.ts';
import { unlock } from '../../../src/engine/operator/unlock.ts';
import { renewRecoveryCodes } from '../../../src/engine/enrollment/recovery-codes.ts';
import { remove } from '../../../src/engine/enrollment/remove.ts';
import { authenticate, type Caller } from '../../../src/engine/session/authenticate.ts';
import { endSession } from '../../../src/engine/session/list-sessions.ts';
import { setPassword } from '../../../src/engine/enrollment/set-password.ts';
import { findUser } from '../../../src/store/users.ts';
import type { TestEngine } from '../../../kit/test-engine.ts';
import { remember, type Stage } from './memory.ts';
import type { Intent } from './intents.ts';

export async function perform(
  stage: Stage,
  intent: Intent,
  { ctx, clock }: TestEngine,
): Promise<Outcome<unknown, string>> {
  const { memory, ids } = stage;
  if (intent.do === 'login') {
    const outcome = await login(ctx, { authModule: 'password', login: intent.name, secret: intent.secret });
    if (outcome.ok && outcome.value.state === 'challenge') {
      memory.challenges.push({ name: intent.name, token: outcome.value.challengeToken, madeAt: clock.now() });
    } else if (outcome.ok && outcome.value.state === 'session')
      remember(stage, intent.name, outcome.value.token, intent.key);
    return outcome;
  }
  if (intent.do === 'answer') {
    const outcome = await answerLogin(ctx, { challengeToken: intent.challenge.token, response: intent.response });
    if (outcome.ok) remember(stage, intent.name, outcome.value.token, false);
    return outcome;
  }
  if (intent.do === 'unlock') return unlock(ctx, { login: ids[intent.name] ?? '' });
  const caller = await authenticate(ctx, intent.session.token);
  return caller.ok ? performAs(stage, intent, caller.value, ctx) : caller;
}

async function performAs(
  { memory }: Stage,
  intent: Exclude<Intent, { do: 'login' | 'answer' | 'unlock' }>,
  caller: Caller,
  ctx: RequestContext,
): Promise<Outcome<unknown, string>> {
  const { name } = intent;
  if (intent.do === 'logout') return endSession(ctx, caller, caller.id);
  if (intent.do === 'enroll') return enroll(ctx, caller, { kind: 'totp', label: null, input: {} });
  if (intent.do === 'setPassword') {
    const present = { ...ctx, currentPassword: intent.current };
    return setPassword(present, caller, { secret: intent.secret, label: null });
  }
  if (intent.do === 'remove') {
    const user = (await findUser(ctx.store, caller.userId)) ?? assert.fail();
    return remove(ctx, caller, { user, authenticatorId: intent.id });
  }
  if (intent.do === 'addKey') {
    const made = await enroll(ctx, caller, { kind: 'apikey', label: null, input: {} });
    if (made.ok) memory.keys[name]?.push(String(made.value.offer.secret));
    return made;
  }
  if (intent.do === 'confirm') {
    const confirmed = await confirm(ctx, caller, { authenticatorId: intent.id, response: intent.response });
    if (!confirmed.ok) return confirmed;
    memory.codes[name]?.push(...confirmed.value.recoveryCodes);
    intent.session.token = confirmed.value.token ?? assert.fail('a confirmation gives the next token');
    intent.session.issuedAt = ctx.clock.now();
    return confirmed;
  }
  const renewed = await renewRecoveryCodes(ctx, caller);
  if (renewed.ok) memory.codes[name]?.push(...renewed.value.codes);
  return renewed;
}
