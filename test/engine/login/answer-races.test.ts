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
import { atOnce, got, house, noTurns, type Enrolled, type Person } from '../../../kit/house.ts';
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
    await using home = await house(database);
    const admin = await home.addPerson('admin', { roles: ['admin'] });
    const changes: Readonly<Record<string, (ada: Person & Enrolled) => Promise<unknown>>> = {
      'another factor': ({ caller }) => home.enrollTotp(caller),
      'another password': async ({ caller }) =>
        got(await setPassword(home.ctx, caller, { secret: 'a new password', label: null })),
      'new recovery codes': async ({ caller }) => got(await renewRecoveryCodes(home.ctx, caller)),
      'an apikey': async ({ caller }) =>
        got(await enroll(home.ctx, caller, { kind: 'apikey', label: null, input: {} })),
      'its removal': async ({ caller, user, id }) =>
        got(await remove(home.ctx, admin.caller, { user: { ...user, epoch: caller.epoch }, authenticatorId: id })),
      'the operator': async ({ name }) => got(await disableMfa(home.ctx, { login: name })),
      'no user any more': async ({ user }) => got(await removeUser(home.ctx, admin.caller, user)),
    };
    for (const [name, change] of Object.entries(changes)) {
      const person = await home.addProtected(name);
      const challengeToken = await home.challenge(name, person.password);
      await change(person);
      assert.deepEqual(
        await response(home, challengeToken, home.codeFor(person.seed)),
        refuse('invalid_challenge'),
        name,
      );
    }
  });

  test('is refused when its factor is removed while it is judged', async () => {
    const { turns, pause } = pausing();
    await using home = await house(database, { turns });
    const { name, password, user, caller, id, seed } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    const removal = { user: { ...user, epoch: caller.epoch }, authenticatorId: id };
    pause.meanwhile = async () => got(await remove(home.ctx, caller, removal));
    assert.deepEqual(await response(home, challengeToken, home.codeFor(seed)), refuse('no_authenticator'));
  });

  test('opens nothing that lasts when the factors change while it is judged', async () => {
    const { turns, pause } = pausing();
    await using home = await house(database, { turns });
    const { name, password, caller, seed } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    pause.meanwhile = () => home.enrollTotp(caller);
    const outcome = await response(home, challengeToken, home.codeFor(seed));
    if (outcome.ok) assert.deepEqual(await authenticate(home.ctx, outcome.value.token), refuse('invalid_token'));
  });

  test('whose code is used over another challenge while it is judged is refused, counts as looked at and leaves its challenge open', async () => {
    await using home = await house(database, { turns: noTurns });
    const { user, name, password, seed } = await home.addProtected('ada');
    const [one, other] = [await home.challenge(name, password), await home.challenge(name, password)];
    const code = home.codeFor(seed);
    const ctx = interrupted(home.ctx, async () => got(await response(home, other, code)));
    assert.deepEqual(await answerLogin(ctx, { challengeToken: one, response: code }), refuse('raced'));
    assert.deepEqual(await home.failures(user.id), { totp: 1 });
    home.clock.tick(step);
    assert.equal(got(await response(home, one, home.codeFor(seed))).state, 'session');
  });

  test('of ten honest ones at once on one node, each with a code of its own, opens ten sessions', async () => {
    await using home = await house(database);
    const { name, password, codes } = await home.addProtected('ada');
    const tokens: string[] = [];
    for (const _ of codes) tokens.push(await home.challenge(name, password));
    const outcomes = await atOnce(10, (at) => response(home, tokens[at] ?? '', codes[at]));
    assert.ok(outcomes.every(({ ok }) => ok));
  });

  test('sent twice at once over one challenge, as an impatient client does, is no failure', async () => {
    await using home = await house(database);
    const { user, name, password, seed } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    const both = await atOnce(2, () => response(home, challengeToken, home.codeFor(seed)));
    assert.deepEqual(both.map((outcome) => (outcome.ok ? 'in' : outcome.reason)).toSorted(byName), [
      'in',
      'invalid_challenge',
    ]);
    assert.deepEqual(await home.failures(user.id), {});
  });
});
