import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { createTurns, type Turns } from '../../../src/base/turns.ts';
import { answerLogin } from '../../../src/engine/login/answer-login.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { disableMfa } from '../../../src/engine/operator/disable-mfa.ts';
import { renewRecoveryCodes } from '../../../src/engine/enrollment/recovery-codes.ts';
import { remove } from '../../../src/engine/enrollment/remove.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { setPassword } from '../../../src/engine/enrollment/set-password.ts';
import { removeUser } from '../../../src/engine/directory/change-user.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { atOnce, unwrap, startEngine, noTurns, type Enrolled, type Person } from '../../../kit/test-engine.ts';
import { interrupted } from '../../../kit/interrupted.ts';
import { response, step } from './answer-help.ts';

/** Turns that do something else before the reply to an open challenge is judged. */
const byName = (a: string, b: string) => a.localeCompare(b);

function pausing() {
  const inTurn = createTurns();
  const pause: { meanwhile?: () => Promise<unknown> } = {};
  const turns: Turns = (key, work) =>
    inTurn(key, async () => {
      const { meanwhile } = pause;
      if (meanwhile && key.endsWith('/answer')) {
        delete pause.meanwhile;
        await meanwhile();
      }
      return work();
    });
  return { turns, pause };
}

onEachDatabase('an answer', (database) => {
  test('is refused when the factors of its user have changed since the challenge, whichever way', async () => {
    await using engine = await startEngine(database);
    const admin = await engine.addPerson('admin', { roles: ['admin'] });
    const changes: Readonly<Record<string, (ada: Person & Enrolled) => Promise<unknown>>> = {
      'another factor': ({ caller }) => engine.enrollTotp(caller),
      'another password': async ({ caller }) =>
        unwrap(await setPassword(engine.ctx, caller, { secret: 'a new password', label: null })),
      'new recovery codes': async ({ caller }) => unwrap(await renewRecoveryCodes(engine.ctx, caller)),
      'an apikey': async ({ caller }) =>
        unwrap(await enroll(engine.ctx, caller, { kind: 'apikey', label: null, input: {} })),
      'its removal': async ({ caller, user, id }) =>
        unwrap(await remove(engine.ctx, admin.caller, { user: { ...user, epoch: caller.epoch }, authenticatorId: id })),
      'the operator': async ({ name }) => unwrap(await disableMfa(engine.ctx, { login: name })),
      'no user any more': async ({ user }) => unwrap(await removeUser(engine.ctx, admin.caller, user)),
    };
    for (const [name, change] of Object.entries(changes)) {
      const person = await engine.addProtected(name);
      const challengeToken = await engine.challenge(name, person.password);
      await change(person);
      assert.deepEqual(
        await response(engine, challengeToken, engine.codeFor(person.seed)),
        refuse('invalid_challenge'),
        name,
      );
    }
  });

  test('is refused when its factor is removed while it is judged', async () => {
    const { turns, pause } = pausing();
    await using engine = await startEngine(database, { turns });
    const { name, password, user, caller, id, seed } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    const removal = { user: { ...user, epoch: caller.epoch }, authenticatorId: id };
    pause.meanwhile = async () => unwrap(await remove(engine.ctx, caller, removal));
    assert.deepEqual(await response(engine, challengeToken, engine.codeFor(seed)), refuse('no_authenticator'));
  });

  test('opens nothing that lasts when the factors change while it is judged', async () => {
    const { turns, pause } = pausing();
    await using engine = await startEngine(database, { turns });
    const { name, password, caller, seed } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    pause.meanwhile = () => engine.enrollTotp(caller);
    const outcome = await response(engine, challengeToken, engine.codeFor(seed));
    if (outcome.ok) assert.deepEqual(await authenticate(engine.ctx, outcome.value.token), refuse('invalid_token'));
  });

  test('whose code is used over another challenge while it is judged is refused, counts as looked at and leaves its challenge open', async () => {
    await using engine = await startEngine(database, { turns: noTurns });
    const { user, name, password, seed } = await engine.addProtected('ada');
    const [one, other] = [await engine.challenge(name, password), await engine.challenge(name, password)];
    const code = engine.codeFor(seed);
    const ctx = interrupted(engine.ctx, async () => unwrap(await response(engine, other, code)));
    assert.deepEqual(await answerLogin(ctx, { challengeToken: one, response: code }), refuse('raced'));
    assert.deepEqual(await engine.failures(user.id), { totp: 1 });
    engine.clock.tick(step);
    assert.equal(unwrap(await response(engine, one, engine.codeFor(seed))).state, 'session');
  });

  test('of ten honest ones at once on one node, each with a code of its own, opens ten sessions', async () => {
    await using engine = await startEngine(database);
    const { name, password, codes } = await engine.addProtected('ada');
    const tokens: string[] = [];
    for (const _ of codes) tokens.push(await engine.challenge(name, password));
    const outcomes = await atOnce(10, (at) => response(engine, tokens[at] ?? '', codes[at]));
    assert.ok(outcomes.every(({ ok }) => ok));
  });

  test('sent twice at once over one challenge, as an impatient client does, is no failure', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, seed } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    const both = await atOnce(2, () => response(engine, challengeToken, engine.codeFor(seed)));
    assert.deepEqual(both.map((outcome) => (outcome.ok ? 'in' : outcome.reason)).toSorted(byName), [
      'in',
      'invalid_challenge',
    ]);
    assert.deepEqual(await engine.failures(user.id), {});
  });
});
