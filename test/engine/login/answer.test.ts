import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { refuse } from '../../../src/base/outcome.ts';
import { createTurns, type Turns } from '../../../src/base/turns.ts';
import { answer } from '../../../src/engine/login/answer.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { challengeLife } from '../../../src/engine/proof/put-prompts.ts';
import { disableMfa } from '../../../src/engine/operator/disable-mfa.ts';
import { renewRecoveryCodes } from '../../../src/engine/enrollment/recovery-codes.ts';
import { remove } from '../../../src/engine/enrollment/remove.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { setPassword } from '../../../src/engine/enrollment/set-password.ts';
import { removeUser } from '../../../src/engine/directory/change-user.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import {
  atOnce,
  got,
  house,
  interrupted,
  noTurns,
  type Enrolled,
  type House,
  type Person,
} from '../../../kit/house.ts';

const step = 30_000;

const reply = (home: House, challengeToken: string, text: unknown) => answer(home.ctx, { challengeToken, reply: text });

async function miss(home: House, challengeToken: string, code: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1)
    assert.deepEqual(await reply(home, challengeToken, code), refuse('wrong'));
}

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
  test('with the code of an authenticator app opens the session that the login was for', async () => {
    await using home = await house(database);
    const { user, name, password, seed } = await home.addProtected('ada');
    home.clock.tick(60_000);
    const challengeToken = await home.challenge(name, password);
    home.clock.tick(1000);
    const { state, token } = got(await reply(home, challengeToken, home.codeFor(seed)));
    assert.equal(state, 'session');
    const caller = await home.caller(token);
    const now = home.clock.now();
    assert.equal(caller.userId, user.id);
    assert.equal(caller.authModule, 'password');
    assert.deepEqual(caller.amr, ['pwd', 'otp', 'mfa']);
    assert.equal(caller.secondFactorAt, now);
    const { acr, amr, auth_time: authTime } = decodeJwt(token);
    assert.deepEqual({ acr, amr, authTime }, { acr: 'aal2', amr: ['pwd', 'otp', 'mfa'], authTime: now / 1000 });
  });

  test('is read with spaces and hyphens, and as a number that lost its leading zeros', async () => {
    await using home = await house(database);
    const { name, password, seed } = await home.addProtected('ada');
    const spaced = home.codeFor(seed).replace(/^(...)/, ' $1 - ');
    assert.equal((await reply(home, await home.challenge(name, password), spaced)).ok, true);
    while (!home.codeFor(seed).startsWith('0') || home.codeFor(seed) === home.codeFor(seed, -1)) home.clock.tick(step);
    const number = Number(home.codeFor(seed));
    assert.equal((await reply(home, await home.challenge(name, password), number)).ok, true);
  });

  test('of any second factor of the user is taken', async () => {
    await using home = await house(database);
    const { name, password, token, seed } = await home.addProtected('ada');
    const second = await home.enrollTotp(await home.caller(token));
    for (const one of [second.seed, seed]) {
      assert.equal((await reply(home, await home.challenge(name, password), home.codeFor(one))).ok, true);
    }
  });

  test('with a recovery code stands in for a lost factor, spends that code and leaves everything else', async () => {
    await using home = await house(database);
    const { name, password, codes, seed } = await home.addProtected('ada');
    const [first = '', second = ''] = codes;
    const { token } = got(await reply(home, await home.challenge(name, password), first));
    const caller = await home.caller(token);
    assert.deepEqual(caller.amr, ['pwd', 'otp', 'mfa']);
    assert.equal(caller.secondFactorAt, home.clock.now());
    assert.deepEqual(await reply(home, await home.challenge(name, password), first), refuse('wrong'));
    const spelled = second.toUpperCase().replaceAll('-', ' ').replaceAll('0', 'O').replaceAll('1', 'L');
    assert.equal((await reply(home, await home.challenge(name, password), spelled)).ok, true);
    assert.equal((await reply(home, await home.challenge(name, password), home.codeFor(seed))).ok, true);
  });

  test('with a code that was used is refused, over any challenge and in any spelling', async () => {
    await using home = await house(database);
    const { name, password, seed } = await home.addProtected('ada');
    const code = home.codeFor(seed);
    got(await reply(home, await home.challenge(name, password), code));
    const challengeToken = await home.challenge(name, password);
    for (const again of [code, ` ${code}`, code.replace(/^(...)/, '$1-'), Number(code)]) {
      assert.deepEqual(await reply(home, challengeToken, again), refuse('replayed'));
    }
    home.clock.tick(step);
    assert.deepEqual(await reply(home, challengeToken, code), refuse('replayed'));
  });

  test('with a code that is older than one that was used is refused', async () => {
    await using home = await house(database);
    const { name, password, seed } = await home.addProtected('ada');
    got(await reply(home, await home.challenge(name, password), home.codeFor(seed, 1)));
    assert.deepEqual(await reply(home, await home.challenge(name, password), home.codeFor(seed)), refuse('replayed'));
  });

  test('that is wrong leaves the challenge open', async () => {
    await using home = await house(database);
    const { user, name, password, seed } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    await miss(home, challengeToken, home.wrongCodeFor(seed), 2);
    assert.deepEqual(await home.failures(user.id), { totp: 2 });
    assert.equal((await reply(home, challengeToken, home.codeFor(seed))).ok, true);
    assert.deepEqual(await home.failures(user.id), {});
  });

  test('that can be no code is neither looked at nor counted', async () => {
    await using home = await house(database);
    const { user, name, password, seed } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    const code = home.codeFor(seed);
    for (const text of [
      '',
      '12345',
      `${code}\n`,
      [code],
      { code },
      null,
      undefined,
      true,
      -1,
      1.5,
      `0x${code}`,
      'x'.repeat(16),
    ]) {
      const malformed = await reply(home, challengeToken, text);
      assert.deepEqual(malformed, text === 'x'.repeat(16) ? refuse('wrong') : refuse('malformed_reply'));
    }
    assert.deepEqual(await home.failures(user.id), { recovery: 1 });
  });

  test('to a challenge that nobody knows is refused and counted on nobody', async () => {
    await using home = await house(database);
    const { user, token, seed } = await home.addProtected('ada');
    for (const challengeToken of ['', 'unknown', token, user.id]) {
      assert.deepEqual(await reply(home, challengeToken, home.codeFor(seed)), refuse('invalid_challenge'));
    }
    assert.deepEqual(await home.failures(user.id), {});
  });

  test('is taken up to the moment the challenge expires', async () => {
    await using home = await house(database);
    const { name, password, seed } = await home.addProtected('ada');
    const [early, late] = [await home.challenge(name, password), await home.challenge(name, password)];
    home.clock.tick(challengeLife - 1);
    assert.equal((await reply(home, early, home.codeFor(seed))).ok, true);
    home.clock.tick(1);
    assert.deepEqual(await reply(home, late, home.codeFor(seed, 1)), refuse('invalid_challenge'));
  });

  test('to a challenge that is spent is refused, and its code is not', async () => {
    await using home = await house(database);
    const { user, name, password, seed } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    got(await reply(home, challengeToken, home.codeFor(seed)));
    home.clock.tick(step);
    assert.deepEqual(await reply(home, challengeToken, home.codeFor(seed)), refuse('invalid_challenge'));
    assert.deepEqual(await home.failures(user.id), {});
    assert.equal((await reply(home, await home.challenge(name, password), home.codeFor(seed))).ok, true);
  });

  test("with another user's code is refused, counted on the challenged one, and spends nothing of the other's", async () => {
    await using home = await house(database);
    const [ada, eve] = [await home.addProtected('ada'), await home.addProtected('eve')];
    const challengeToken = await home.challenge(ada.name, ada.password);
    const [codes = ''] = eve.codes;
    assert.deepEqual(await reply(home, challengeToken, home.codeFor(eve.seed)), refuse('wrong'));
    assert.deepEqual(await reply(home, challengeToken, codes), refuse('wrong'));
    assert.deepEqual(await home.failures(ada.user.id), { totp: 1, recovery: 1 });
    assert.deepEqual(await home.failures(eve.user.id), {});
    assert.equal((await reply(home, await home.challenge(eve.name, eve.password), codes)).ok, true);
    assert.equal((await reply(home, await home.challenge(eve.name, eve.password), home.codeFor(eve.seed))).ok, true);
  });

  test('with the code of a factor that is not confirmed is refused', async () => {
    await using home = await house(database);
    const { name, password, caller } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    const { offer } = got(await enroll(home.ctx, caller, { kind: 'totp', label: null, input: {} }));
    assert.deepEqual(await reply(home, challengeToken, home.codeFor(String(offer.secret))), refuse('wrong'));
  });

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
      assert.deepEqual(await reply(home, challengeToken, home.codeFor(person.seed)), refuse('invalid_challenge'), name);
    }
  });

  test('is refused when its factor is removed while it is judged', async () => {
    const { turns, pause } = pausing();
    await using home = await house(database, { turns });
    const { name, password, user, caller, id, seed } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    const removal = { user: { ...user, epoch: caller.epoch }, authenticatorId: id };
    pause.meanwhile = async () => got(await remove(home.ctx, caller, removal));
    assert.deepEqual(await reply(home, challengeToken, home.codeFor(seed)), refuse('no_authenticator'));
  });

  test('opens nothing that lasts when the factors change while it is judged', async () => {
    const { turns, pause } = pausing();
    await using home = await house(database, { turns });
    const { name, password, caller, seed } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    pause.meanwhile = () => home.enrollTotp(caller);
    const outcome = await reply(home, challengeToken, home.codeFor(seed));
    if (outcome.ok) assert.deepEqual(await authenticate(home.ctx, outcome.value.token), refuse('invalid_token'));
  });

  test('whose code is used over another challenge while it is judged is refused, counts as looked at and leaves its challenge open', async () => {
    await using home = await house(database, { turns: noTurns });
    const { user, name, password, seed } = await home.addProtected('ada');
    const [one, other] = [await home.challenge(name, password), await home.challenge(name, password)];
    const code = home.codeFor(seed);
    const ctx = interrupted(home.ctx, async () => got(await reply(home, other, code)));
    assert.deepEqual(await answer(ctx, { challengeToken: one, reply: code }), refuse('raced'));
    assert.deepEqual(await home.failures(user.id), { totp: 1 });
    home.clock.tick(step);
    assert.equal(got(await reply(home, one, home.codeFor(seed))).state, 'session');
  });

  test('of ten honest ones at once on one node, each with a code of its own, opens ten sessions', async () => {
    await using home = await house(database);
    const { name, password, codes } = await home.addProtected('ada');
    const tokens: string[] = [];
    for (const _ of codes) tokens.push(await home.challenge(name, password));
    const outcomes = await atOnce(10, (at) => reply(home, tokens[at] ?? '', codes[at]));
    assert.ok(outcomes.every(({ ok }) => ok));
  });

  test('sent twice at once over one challenge, as an impatient client does, is no failure', async () => {
    await using home = await house(database);
    const { user, name, password, seed } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    const both = await atOnce(2, () => reply(home, challengeToken, home.codeFor(seed)));
    assert.deepEqual(both.map((outcome) => (outcome.ok ? 'in' : outcome.reason)).toSorted(byName), [
      'in',
      'invalid_challenge',
    ]);
    assert.deepEqual(await home.failures(user.id), {});
  });

  test('waits after five failures over whatever challenges, and the right code waits too', async () => {
    await using home = await house(database);
    const { user, name, password, seed } = await home.addProtected('ada');
    for (let time = 0; time < 5; time += 1)
      await miss(home, await home.challenge(name, password), home.wrongCodeFor(seed), 1);
    const challengeToken = await home.challenge(name, password);
    assert.deepEqual(await reply(home, challengeToken, home.codeFor(seed)), refuse('throttled', 30));
    home.clock.tick(29_999);
    assert.deepEqual(await reply(home, challengeToken, home.codeFor(seed)), refuse('throttled', 1));
    home.clock.tick(1);
    assert.equal((await reply(home, challengeToken, home.codeFor(seed))).ok, true);
    assert.deepEqual(await home.failures(user.id), {});
  });

  test('counts each kind of factor apart', async () => {
    await using home = await house(database);
    const { user, name, password, seed, codes } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    await miss(home, challengeToken, home.wrongCodeFor(seed), 5);
    await miss(home, challengeToken, '0000-0000-0000-0000', 2);
    assert.equal((await reply(home, challengeToken, codes[0])).ok, true);
    assert.deepEqual(await home.failures(user.id), { totp: 5 });
  });

  test('leaves the failures of the password as they are', async () => {
    await using home = await house(database);
    const { user, name, password, seed } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    for (let time = 0; time < 3; time += 1) await home.logIn(name, 'a wrong guess');
    got(await reply(home, challengeToken, home.codeFor(seed)));
    assert.deepEqual(await home.failures(user.id), { password: 3 });
  });

  test('of somebody who has no recovery codes is refused like a wrong one, and counts against nobody', async () => {
    await using home = await house(database);
    const { user, name, password } = await home.addProtected('ada');
    await home.ctx.store.db.deleteFrom('authenticators').where('kind', '=', 'recovery').execute();
    assert.deepEqual(
      await reply(home, await home.challenge(name, password), '0000-0000-0000-0000'),
      refuse('no_authenticator'),
    );
    assert.deepEqual(await home.failures(user.id), {});
  });

  test('is one line of the log, with the true reason', async () => {
    await using home = await house(database);
    const { user, name, password, seed } = await home.addProtected('ada');
    const [challengeToken, other] = [await home.challenge(name, password), await home.challenge(name, password)];
    const sessions: string[] = [];
    const lines = await home.logged(async () => {
      await reply(home, challengeToken, home.wrongCodeFor(seed));
      home.clock.tick(1);
      const { token } = got(await reply(home, challengeToken, home.codeFor(seed)));
      sessions.push((await home.caller(token)).id);
      home.clock.tick(1);
      await reply(home, other, home.codeFor(seed));
      home.clock.tick(1);
      await reply(home, challengeToken, home.codeFor(seed));
    });
    const line = { action: 'answer', authModule: 'password', factor: 'totp', userId: user.id, sessionId: null };
    assert.deepEqual(lines, [
      { ...line, outcome: 'failed', reason: 'wrong' },
      { ...line, outcome: 'success', reason: null, sessionId: sessions[0] },
      { ...line, outcome: 'failed', reason: 'replayed' },
      { ...line, outcome: 'failed', reason: 'invalid_challenge', factor: null, userId: null, authModule: null },
    ]);
  });
});
