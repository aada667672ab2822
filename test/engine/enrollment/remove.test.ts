import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, success } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { remove } from '../../../src/engine/enrollment/remove.ts';
import { authenticate, type Caller } from '../../../src/engine/session/authenticate.ts';
import { endSession } from '../../../src/engine/session/list-sessions.ts';
import { stepUpLife } from '../../../src/engine/session/step-up.ts';
import { browseAuthenticators } from '../../../src/engine/directory/reach-user.ts';
import { findUser, type User } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house, inNextEpoch, type House } from '../../../kit/house.ts';
import { interrupted } from '../../../kit/interrupted.ts';

/** Removes as a door does: from the user as they are at this moment. */
async function take(home: House, caller: Caller, { id }: User, authenticatorId: string) {
  const user = (await findUser(home.ctx.store, id)) ?? assert.fail();
  return remove(home.ctx, caller, { user, authenticatorId });
}

const kinds = async ({ ctx }: House, user: User) =>
  (await browseAuthenticators(ctx, user)).map(({ kind }) => kind).toSorted();

onEachDatabase('a removal', (database) => {
  test('of the last second factor takes the recovery codes along, and the password is enough again', async () => {
    await using home = await house(database);
    const { user, name, password, caller, id } = await home.addProtected('ada');
    assert.deepEqual(await kinds(home, user), ['password', 'recovery', 'totp']);
    assert.deepEqual(await take(home, caller, user, id), success(undefined));
    assert.deepEqual(await kinds(home, user), ['password']);
    assert.equal(got(await home.logIn(name, password)).state, 'session');
  });

  test('of one second factor of two leaves the other and the recovery codes', async () => {
    await using home = await house(database);
    const { user, name, password, token, id } = await home.addProtected('ada');
    const { seed } = await home.enrollTotp(await home.caller(token));
    got(await take(home, await home.caller(token), user, id));
    assert.deepEqual(await kinds(home, user), ['password', 'recovery', 'totp']);
    assert.ok(await home.enter(name, password, home.codeFor(seed)));
  });

  test('of a second factor while another is pending takes the recovery codes along', async () => {
    await using home = await house(database);
    const { user, token, caller, id } = await home.addProtected('ada');
    got(await enroll(home.ctx, caller, { kind: 'totp', label: null, input: {} }));
    got(await take(home, await home.caller(token), user, id));
    assert.deepEqual(await kinds(home, user), ['password', 'totp']);
  });

  test('ends the other sessions of its user and keeps its own', async () => {
    await using home = await house(database);
    const { user, name, password, token, caller, id, seed } = await home.addProtected('ada');
    const other = await home.signIn(name, password, home.codeFor(seed));
    got(await take(home, caller, user, id));
    assert.deepEqual(await authenticate(home.ctx, other), refuse('invalid_token'));
    assert.deepEqual(await home.caller(token), inNextEpoch(caller));
  });

  test('of a key takes only that key', async () => {
    await using home = await house(database);
    const { user, name, token, caller, password } = await home.addProtected('ada');
    const { authenticator, offer } = got(await enroll(home.ctx, caller, { kind: 'apikey', label: null, input: {} }));
    got(await take(home, await home.caller(token), user, authenticator.id));
    assert.deepEqual(await home.logIn(name, String(offer.secret)), refuse('wrong'));
    assert.equal(got(await home.logIn(name, password)).state, 'challenge');
    assert.deepEqual(await kinds(home, user), ['password', 'recovery', 'totp']);
  });

  test('of the recovery codes leaves the second factor', async () => {
    await using home = await house(database);
    const { user, name, password, caller } = await home.addProtected('ada');
    const codes = (await browseAuthenticators(home.ctx, user)).find(({ kind }) => kind === 'recovery');
    got(await take(home, caller, user, codes?.id ?? ''));
    assert.deepEqual(await kinds(home, user), ['password', 'totp']);
    assert.equal(got(await home.logIn(name, password)).state, 'challenge');
  });

  test('of a pending enrolment that another one replaces meanwhile is refused', async () => {
    await using home = await house(database);
    const { user, token, caller } = await home.addPerson('ada');
    const begin = async () => got(await enroll(home.ctx, caller, { kind: 'totp', label: null, input: {} }));
    const { authenticator } = await begin();
    const ctx = interrupted(home.ctx, begin);
    assert.deepEqual(await take({ ...home, ctx }, caller, user, authenticator.id), refuse('raced'));
    assert.deepEqual(await kinds(home, user), ['password', 'totp']);
    assert.deepEqual(await home.caller(token), caller);
  });

  test('of a pending enrolment is one like any other', async () => {
    await using home = await house(database);
    const { user, token, caller } = await home.addPerson('ada');
    const { authenticator } = got(await enroll(home.ctx, caller, { kind: 'totp', label: null, input: {} }));
    got(await take(home, await home.caller(token), user, authenticator.id));
    assert.deepEqual(await kinds(home, user), ['password']);
  });

  test("of one's own password is refused, and of somebody else's is an administrator's right", async () => {
    await using home = await house(database);
    const [ada, admin] = [await home.addPerson('ada'), await home.addPerson('admin', { roles: ['admin'] })];
    const passwordOf = async (user: User) => (await browseAuthenticators(home.ctx, user))[0]?.id ?? '';
    for (const { caller, user } of [ada, admin]) {
      assert.deepEqual(await take(home, caller, user, await passwordOf(user)), refuse('password_needed'));
    }
    got(await take(home, admin.caller, ada.user, await passwordOf(ada.user)));
    assert.deepEqual(await home.logIn(ada.name, ada.password), refuse('no_authenticator'));
  });

  test("by an administrator ends all the user's sessions and none of the administrator's", async () => {
    await using home = await house(database);
    const [ada, admin] = [await home.addProtected('ada'), await home.addPerson('admin', { roles: ['admin'] })];
    got(await take(home, admin.caller, ada.user, ada.id));
    assert.deepEqual(await authenticate(home.ctx, ada.token), refuse('invalid_token'));
    assert.deepEqual(await home.caller(admin.token), admin.caller);
    assert.equal(got(await home.logIn(ada.name, ada.password)).state, 'session');
  });

  test('of what is not there, or is another user', async () => {
    await using home = await house(database);
    const [ada, eve] = [await home.addProtected('ada'), await home.addProtected('eve')];
    assert.deepEqual(await take(home, ada.caller, ada.user, 'nothing'), refuse('not_found'));
    assert.deepEqual(await take(home, ada.caller, ada.user, eve.id), refuse('not_found'));
    assert.deepEqual(await kinds(home, eve.user), ['password', 'recovery', 'totp']);
  });

  test('is refused when the second factor was proven too long ago, and to programs always', async () => {
    await using home = await house(database);
    const { user, name, token, caller, id } = await home.addProtected('ada');
    const { offer } = got(await enroll(home.ctx, caller, { kind: 'apikey', label: null, input: {} }));
    assert.deepEqual(
      await take(home, await home.enter(name, String(offer.secret)), user, id),
      refuse('step_up_required'),
    );
    home.clock.tick(stepUpLife + 1);
    assert.deepEqual(await take(home, await home.caller(token), user, id), refuse('step_up_required'));
    home.clock.tick(-1);
    assert.deepEqual(await take(home, await home.caller(token), user, id), success(undefined));
  });

  test("asks an administrator for the administrator's own second factor", async () => {
    await using home = await house(database);
    const [ada, admin] = [await home.addProtected('ada'), await home.addProtected('admin', { roles: ['admin'] })];
    home.clock.tick(stepUpLife + 1);
    assert.deepEqual(await take(home, admin.caller, ada.user, ada.id), refuse('step_up_required'));
  });

  test('that was decided before another change is refused and leaves everything', async () => {
    await using home = await house(database);
    const { user, token, caller, id } = await home.addProtected('ada');
    const stale = (await findUser(home.ctx.store, user.id)) ?? assert.fail();
    got(await enroll(home.ctx, caller, { kind: 'apikey', label: null, input: {} }));
    const late = remove(home.ctx, await home.caller(token), { user: stale, authenticatorId: id });
    assert.deepEqual(await late, refuse('raced'));
    assert.deepEqual(await kinds(home, user), ['apikey', 'password', 'recovery', 'totp']);
  });

  test('leaves everything when its session has ended meanwhile', async () => {
    await using home = await house(database);
    const { user, caller, id } = await home.addProtected('ada');
    got(await endSession(home.ctx, caller, caller.id));
    assert.deepEqual(await take(home, caller, user, id), refuse('raced'));
    assert.deepEqual(await kinds(home, user), ['password', 'recovery', 'totp']);
  });

  test('of both of two factors at once over two nodes is one removal', async () => {
    await using home = await house(database);
    const other = await home.node();
    const { user, token, id } = await home.addProtected('ada');
    const { id: second } = await home.enrollTotp(await home.caller(token));
    const caller = await home.caller(token);
    const both = await Promise.all([take(home, caller, user, id), take(other, caller, user, second)]);
    const removed = both.filter(({ ok }) => ok).length;
    assert.ok(removed >= 1);
    assert.equal((await kinds(home, user)).filter((kind) => kind === 'totp').length, 2 - removed);
  });

  test('is one line of the log', async () => {
    await using home = await house(database);
    const { user, caller, id } = await home.addProtected('ada');
    const lines = await home.logged(() => take(home, caller, user, id));
    const line = { action: 'remove', factor: 'totp', outcome: 'success', reason: null };
    assert.deepEqual(lines, [{ ...line, userId: user.id, authModule: null, sessionId: caller.id }]);
  });
});
