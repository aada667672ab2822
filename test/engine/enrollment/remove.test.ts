import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, success } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { remove } from '../../../src/engine/enrollment/remove.ts';
import { authenticate, type Caller } from '../../../src/engine/session/authenticate.ts';
import { endSession } from '../../../src/engine/session/list-sessions.ts';
import { stepUpLife } from '../../../src/engine/proof/fresh-proof.ts';
import { browseAuthenticators } from '../../../src/engine/directory/reach-user.ts';
import { findUser, type User } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine, inNextEpoch, type TestEngine } from '../../../kit/test-engine.ts';
import { interrupted } from '../../../kit/interrupted.ts';

/** Removes as a door does: from the user as they are at this moment. */
async function take(engine: TestEngine, caller: Caller, { id }: User, authenticatorId: string) {
  const user = (await findUser(engine.ctx.store, id)) ?? assert.fail();
  return remove(engine.ctx, caller, { user, authenticatorId });
}

const kinds = async ({ ctx }: TestEngine, user: User) =>
  (await browseAuthenticators(ctx, user)).map(({ kind }) => kind).toSorted();

onEachDatabase('a removal', (database) => {
  test('of the last second factor takes the recovery codes along, and the password is enough again', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, caller, id } = await engine.addProtected('ada');
    assert.deepEqual(await kinds(engine, user), ['password', 'recovery', 'totp']);
    assert.deepEqual(await take(engine, caller, user, id), success(undefined));
    assert.deepEqual(await kinds(engine, user), ['password']);
    assert.equal(unwrap(await engine.logIn(name, password)).state, 'session');
  });

  test('of one second factor of two leaves the other and the recovery codes', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, token, id } = await engine.addProtected('ada');
    const { seed } = await engine.enrollTotp(await engine.caller(token));
    unwrap(await take(engine, await engine.caller(token), user, id));
    assert.deepEqual(await kinds(engine, user), ['password', 'recovery', 'totp']);
    assert.ok(await engine.enter(name, password, engine.codeFor(seed)));
  });

  test('of a second factor while another is pending takes the recovery codes along', async () => {
    await using engine = await startEngine(database);
    const { user, token, caller, id } = await engine.addProtected('ada');
    unwrap(await enroll(engine.ctx, caller, { kind: 'totp', label: null, input: {} }));
    unwrap(await take(engine, await engine.caller(token), user, id));
    assert.deepEqual(await kinds(engine, user), ['password', 'totp']);
  });

  test('ends the other sessions of its user and keeps its own', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, token, caller, id, seed } = await engine.addProtected('ada');
    const other = await engine.signIn(name, password, engine.codeFor(seed));
    unwrap(await take(engine, caller, user, id));
    assert.deepEqual(await authenticate(engine.ctx, other), refuse('invalid_token'));
    assert.deepEqual(await engine.caller(token), { ...inNextEpoch(caller), generationFrom: 2, refreshFrom: 2 });
  });

  test('of a key takes only that key', async () => {
    await using engine = await startEngine(database);
    const { user, name, token, caller, password } = await engine.addProtected('ada');
    const { authenticator, offer } = unwrap(
      await enroll(engine.ctx, caller, { kind: 'apikey', label: null, input: {} }),
    );
    unwrap(await take(engine, await engine.caller(token), user, authenticator.id));
    assert.deepEqual(await engine.logIn(name, String(offer.secret)), refuse('wrong'));
    assert.equal(unwrap(await engine.logIn(name, password)).state, 'challenge');
    assert.deepEqual(await kinds(engine, user), ['password', 'recovery', 'totp']);
  });

  test('of the recovery codes leaves the second factor', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, caller } = await engine.addProtected('ada');
    const codes = (await browseAuthenticators(engine.ctx, user)).find(({ kind }) => kind === 'recovery');
    unwrap(await take(engine, caller, user, codes?.id ?? ''));
    assert.deepEqual(await kinds(engine, user), ['password', 'totp']);
    assert.equal(unwrap(await engine.logIn(name, password)).state, 'challenge');
  });

  test('of a pending enrolment that another one replaces meanwhile is refused', async () => {
    await using engine = await startEngine(database);
    const { user, token, caller } = await engine.addPerson('ada');
    const begin = async () => unwrap(await enroll(engine.ctx, caller, { kind: 'totp', label: null, input: {} }));
    const { authenticator } = await begin();
    const ctx = interrupted(engine.ctx, begin);
    assert.deepEqual(await take({ ...engine, ctx }, caller, user, authenticator.id), refuse('raced'));
    assert.deepEqual(await kinds(engine, user), ['password', 'totp']);
    assert.deepEqual(await engine.caller(token), caller);
  });

  test('of a pending enrolment is one like any other', async () => {
    await using engine = await startEngine(database);
    const { user, token, caller } = await engine.addPerson('ada');
    const { authenticator } = unwrap(await enroll(engine.ctx, caller, { kind: 'totp', label: null, input: {} }));
    unwrap(await take(engine, await engine.caller(token), user, authenticator.id));
    assert.deepEqual(await kinds(engine, user), ['password']);
  });

  test("of one's own password is refused, and of somebody else's is an administrator's right", async () => {
    await using engine = await startEngine(database);
    const [ada, admin] = [await engine.addPerson('ada'), await engine.addPerson('admin', { roles: ['admin'] })];
    const passwordOf = async (user: User) => (await browseAuthenticators(engine.ctx, user))[0]?.id ?? '';
    for (const { caller, user } of [ada, admin]) {
      assert.deepEqual(await take(engine, caller, user, await passwordOf(user)), refuse('password_needed'));
    }
    unwrap(await take(engine, admin.caller, ada.user, await passwordOf(ada.user)));
    assert.deepEqual(await engine.logIn(ada.name, ada.password), refuse('no_authenticator'));
  });

  test("by an administrator ends all the user's sessions and none of the administrator's", async () => {
    await using engine = await startEngine(database);
    const [ada, admin] = [await engine.addProtected('ada'), await engine.addPerson('admin', { roles: ['admin'] })];
    unwrap(await take(engine, admin.caller, ada.user, ada.id));
    assert.deepEqual(await authenticate(engine.ctx, ada.token), refuse('invalid_token'));
    assert.deepEqual(await engine.caller(admin.token), admin.caller);
    assert.equal(unwrap(await engine.logIn(ada.name, ada.password)).state, 'session');
  });

  test('of what is not there, or is another user', async () => {
    await using engine = await startEngine(database);
    const [ada, eve] = [await engine.addProtected('ada'), await engine.addProtected('eve')];
    assert.deepEqual(await take(engine, ada.caller, ada.user, 'nothing'), refuse('not_found'));
    assert.deepEqual(await take(engine, ada.caller, ada.user, eve.id), refuse('not_found'));
    assert.deepEqual(await kinds(engine, eve.user), ['password', 'recovery', 'totp']);
  });

  test('is refused when the second factor was proven too long ago, and to programs always', async () => {
    await using engine = await startEngine(database);
    const { user, name, token, caller, id } = await engine.addProtected('ada');
    const { offer } = unwrap(await enroll(engine.ctx, caller, { kind: 'apikey', label: null, input: {} }));
    assert.deepEqual(
      await take(engine, await engine.enter(name, String(offer.secret)), user, id),
      refuse('unattended'),
    );
    engine.clock.tick(stepUpLife + 1);
    assert.deepEqual(await take(engine, await engine.caller(token), user, id), refuse('step_up_required'));
    engine.clock.tick(-1);
    assert.deepEqual(await take(engine, await engine.caller(token), user, id), success(undefined));
  });

  test("asks an administrator for the administrator's own second factor", async () => {
    await using engine = await startEngine(database);
    const [ada, admin] = [await engine.addProtected('ada'), await engine.addProtected('admin', { roles: ['admin'] })];
    engine.clock.tick(stepUpLife + 1);
    assert.deepEqual(await take(engine, admin.caller, ada.user, ada.id), refuse('step_up_required'));
  });

  test('that was decided before another change is refused and leaves everything', async () => {
    await using engine = await startEngine(database);
    const { user, token, caller, id } = await engine.addProtected('ada');
    const stale = (await findUser(engine.ctx.store, user.id)) ?? assert.fail();
    unwrap(await enroll(engine.ctx, caller, { kind: 'apikey', label: null, input: {} }));
    const late = remove(engine.ctx, await engine.caller(token), { user: stale, authenticatorId: id });
    assert.deepEqual(await late, refuse('raced'));
    assert.deepEqual(await kinds(engine, user), ['apikey', 'password', 'recovery', 'totp']);
  });

  test('leaves everything when its session has ended meanwhile', async () => {
    await using engine = await startEngine(database);
    const { user, caller, id } = await engine.addProtected('ada');
    unwrap(await endSession(engine.ctx, caller, caller.id));
    assert.deepEqual(await take(engine, caller, user, id), refuse('raced'));
    assert.deepEqual(await kinds(engine, user), ['password', 'recovery', 'totp']);
  });

  test('of both of two factors at once over two nodes is one removal', async () => {
    await using engine = await startEngine(database);
    const other = await engine.node();
    const { user, token, id } = await engine.addProtected('ada');
    const { id: second } = await engine.enrollTotp(await engine.caller(token));
    const caller = await engine.caller(token);
    const both = await Promise.all([take(engine, caller, user, id), take(other, caller, user, second)]);
    const removed = both.filter(({ ok }) => ok).length;
    assert.ok(removed >= 1);
    assert.equal((await kinds(engine, user)).filter((kind) => kind === 'totp').length, 2 - removed);
  });

  test('is one line of the log', async () => {
    await using engine = await startEngine(database);
    const { user, caller, id } = await engine.addProtected('ada');
    const lines = await engine.logged(() => take(engine, caller, user, id));
    const line = { action: 'remove', factor: 'totp', outcome: 'success', reason: null };
    assert.deepEqual(lines, [{ ...line, userId: user.id, authModule: null, sessionId: caller.id }]);
  });
});
