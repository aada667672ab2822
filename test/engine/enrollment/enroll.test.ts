import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret, URI } from 'otpauth';
import { refuse } from '../../../src/base/outcome.ts';
import { confirm } from '../../../src/engine/enrollment/confirm.ts';
import { enroll, type Enrollment } from '../../../src/engine/enrollment/enroll.ts';
import { enrollmentLife } from '../../../src/engine/session/offer-enrollment.ts';
import { authenticate, type Caller } from '../../../src/engine/session/authenticate.ts';
import { endSession } from '../../../src/engine/session/list-sessions.ts';
import { stepUpLife } from '../../../src/engine/proof/fresh-proof.ts';
import { browseAuthenticators } from '../../../src/engine/directory/reach-user.ts';
import { deleteUser } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine, inNextEpoch, type TestEngine } from '../../../kit/test-engine.ts';

const begin = ({ ctx }: TestEngine, caller: Caller, kind: Enrollment['kind'] = 'totp', input = {}) =>
  enroll(ctx, caller, { kind, label: 'mine', input });

onEachDatabase('an enrolment', (database) => {
  test('of an authenticator app shows a seed once, in the form that apps read', async () => {
    await using engine = await startEngine(database);
    const { user, caller } = await engine.addPerson('ada');
    const { authenticator, offer } = unwrap(await begin(engine, caller));
    const url = URI.parse(String(offer.otpauth_url));
    assert.equal(url.label, 'ada');
    assert.equal(url.secret.base32, offer.secret);
    assert.equal(Secret.fromBase32(String(offer.secret)).bytes.length, 20);
    const kept = await browseAuthenticators(engine.ctx, user);
    assert.deepEqual(
      kept.filter(({ kind }) => kind === 'totp'),
      [authenticator],
    );
    assert.equal(authenticator.status, 'pending');
    assert.equal(authenticator.label, 'mine');
  });

  test('through a service is of a second factor, never of what opens a login', async () => {
    await using engine = await startEngine(database);
    const { id: userId, accountId } = await engine.addUser({ name: '42' });
    const managing = {
      type: 'service' as const,
      serviceId: 'a service',
      userId,
      accountId,
      authModule: 'password',
      amr: [],
      secondFactorAt: null,
      approvalEpoch: 0,
    };
    for (const kind of ['apikey', 'device', 'password', 'recovery', 'backup'] as const) {
      const input = kind === 'device' || kind === 'password' ? { secret: 'a secret of 20 characters' } : {};
      const refused = await enroll(engine.ctx, managing, { kind, label: null, input });
      assert.deepEqual(refused, refuse('forbidden'), kind);
    }
    assert.equal((await enroll(engine.ctx, managing, { kind: 'totp', label: null, input: {} })).ok, true);
  });

  test('that is not confirmed counts for nothing and touches nothing', async () => {
    await using engine = await startEngine(database);
    const { name, password, token, caller } = await engine.addPerson('ada');
    unwrap(await begin(engine, caller));
    assert.equal(unwrap(await engine.logIn(name, password)).state, 'session');
    assert.equal((await authenticate(engine.ctx, token)).ok, true);
    engine.clock.tick(stepUpLife);
    assert.equal((await begin(engine, caller)).ok, true);
  });

  test('can be confirmed up to the moment it runs out after ten minutes', async () => {
    await using engine = await startEngine(database);
    const [ada, bob] = [await engine.addPerson('ada'), await engine.addPerson('bob')];
    const pending = await Promise.all([ada, bob].map(async ({ caller }) => unwrap(await begin(engine, caller))));
    const end = (at: number, caller: Caller) => {
      const { authenticator, offer } = pending[at] ?? assert.fail();
      const response = engine.codeFor(String(offer.secret));
      return confirm(engine.ctx, caller, { authenticatorId: authenticator.id, response });
    };
    assert.equal(enrollmentLife, 600_000);
    engine.clock.tick(enrollmentLife - 1);
    assert.equal((await end(0, ada.caller)).ok, true);
    engine.clock.tick(1);
    assert.deepEqual(await end(1, bob.caller), refuse('not_found'));
  });

  test('takes the place of one that was begun before it', async () => {
    await using engine = await startEngine(database);
    const { user, caller } = await engine.addPerson('ada');
    const [first, second] = [unwrap(await begin(engine, caller)), unwrap(await begin(engine, caller))];
    const end = ({ authenticator, offer }: typeof first) => {
      const response = engine.codeFor(String(offer.secret));
      return confirm(engine.ctx, caller, { authenticatorId: authenticator.id, response });
    };
    assert.deepEqual(await end(first), refuse('not_found'));
    assert.equal((await end(second)).ok, true);
    const kinds = (await browseAuthenticators(engine.ctx, user)).map(({ kind }) => kind);
    assert.deepEqual(kinds.toSorted(), ['password', 'recovery', 'totp']);
  });

  test('of an API key counts at once, ends the other sessions of its user and keeps the one it came through', async () => {
    await using engine = await startEngine(database);
    const { name, password, token, caller } = await engine.addPerson('ada');
    const other = await engine.signIn(name, password);
    const bob = await engine.addPerson('bob');
    const { authenticator, offer } = unwrap(await begin(engine, caller, 'apikey'));
    assert.equal(authenticator.status, 'active');
    assert.match(String(offer.secret), /^csk_[A-Za-z0-9_-]{43}$/);
    assert.equal((await engine.enter(name, String(offer.secret))).authModule, 'apikey');
    assert.deepEqual(await authenticate(engine.ctx, other), refuse('invalid_token'));
    assert.deepEqual(await engine.caller(token), inNextEpoch(caller));
    assert.deepEqual(await engine.caller(bob.token), bob.caller);
  });

  test("of a device takes the client's own secret and shows nothing", async () => {
    await using engine = await startEngine(database);
    const { name, caller } = await engine.addPerson('ada');
    const { offer } = unwrap(await begin(engine, caller, 'device', { secret: 'the secret of a device' }));
    assert.deepEqual(offer, {});
    assert.equal((await engine.enter(name, 'the secret of a device')).authModule, 'device');
  });

  test('is refused when the user has as many as one may have', async () => {
    await using engine = await startEngine(database);
    let { token } = await engine.addPerson('ada');
    for (let count = 0; count < 5; count += 1) ({ token } = await engine.enrollTotp(await engine.caller(token)));
    assert.deepEqual(await begin(engine, await engine.caller(token)), refuse('too_many'));
    const password = await begin(engine, await engine.caller(token), 'password', { secret: 'another password' });
    assert.deepEqual(password, refuse('too_many'));
    assert.equal((await begin(engine, await engine.caller(token), 'apikey')).ok, true);
  });

  test('is refused when the second factor was proven too long ago, and to programs always', async () => {
    await using engine = await startEngine(database);
    const { name, token, caller } = await engine.addProtected('ada');
    const { offer } = unwrap(await begin(engine, caller, 'apikey'));
    for (const kind of ['totp', 'apikey'] as const) {
      assert.deepEqual(await begin(engine, await engine.enter(name, String(offer.secret)), kind), refuse('unattended'));
    }
    engine.clock.tick(stepUpLife);
    assert.equal((await begin(engine, await engine.caller(token))).ok, true);
    engine.clock.tick(1);
    for (const kind of ['totp', 'apikey'] as const) {
      assert.deepEqual(await begin(engine, await engine.caller(token), kind), refuse('step_up_required'));
    }
  });

  test('leaves nothing behind when the session it comes through has ended meanwhile', async () => {
    await using engine = await startEngine(database);
    const { user, caller } = await engine.addPerson('ada');
    unwrap(await endSession(engine.ctx, caller, caller.id));
    const lines = await engine.logged(async () =>
      assert.deepEqual(await begin(engine, caller, 'apikey'), refuse('raced')),
    );
    assert.deepEqual(lines, []);
    assert.equal((await browseAuthenticators(engine.ctx, user)).length, 1);
  });

  test('leaves nothing behind when the factors have changed through another session meanwhile', async () => {
    await using engine = await startEngine(database);
    const { name, password, user, caller } = await engine.addPerson('ada');
    unwrap(await begin(engine, await engine.enter(name, password), 'apikey'));
    assert.deepEqual(await begin(engine, caller, 'apikey'), refuse('raced'));
    assert.equal((await browseAuthenticators(engine.ctx, user)).length, 2);
  });

  test('is refused to a user who is gone', async () => {
    await using engine = await startEngine(database);
    const { user, caller } = await engine.addPerson('ada');
    await deleteUser(engine.ctx.store, user.id);
    assert.deepEqual(await begin(engine, caller), refuse('not_found'));
  });

  test('is one line of the log', async () => {
    await using engine = await startEngine(database);
    const { user, caller } = await engine.addPerson('ada');
    const line = {
      action: 'enroll',
      outcome: 'success',
      reason: null,
      userId: user.id,
      authModule: null,
      sessionId: caller.id,
    };
    const totp = await engine.logged(() => begin(engine, caller));
    assert.deepEqual(totp, [{ ...line, factor: 'totp' }]);
    const apikey = await engine.logged(() => begin(engine, caller, 'apikey'));
    assert.deepEqual(apikey, [{ ...line, factor: 'apikey' }]);
  });
});
