import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, success } from '../../../src/base/outcome.ts';
import { accessTokenLife } from '../../../src/engine/policy/merge-policy.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { assuranceOf } from '../../../src/engine/session/assurance.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { endSession } from '../../../src/engine/session/list-sessions.ts';
import { issueToken } from '../../../src/engine/session/issue-token.ts';
import { deleteUser } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { client, got, house } from '../../../kit/house.ts';

onEachDatabase('a session', (database) => {
  test('is what its access token speaks for', async () => {
    await using home = await house(database);
    const { user, token, caller } = await home.addPerson('ada', { roles: ['admin'] });
    const { id } = caller;
    assert.deepEqual(await authenticate(home.ctx, token), success(caller));
    assert.deepEqual(caller, {
      type: 'session',
      id,
      userId: user.id,
      accountId: home.root,
      roles: ['admin'],
      authModule: 'password',
      epoch: 0,
      amr: ['pwd'],
      secondFactorAt: null,
      authTime: home.clock.now(),
      expiresAt: home.clock.now() + accessTokenLife,
      clientIp: client.ip,
      userAgent: client.userAgent,
      clientId: null,
      user,
    });
    assert.equal(assuranceOf(caller), 'aal1');
  });

  test('is in force on every node', async () => {
    await using home = await house(database);
    const other = await home.node();
    const { token, caller } = await home.addPerson('ada');
    assert.deepEqual(await other.caller(token), caller);
    got(await endSession(other.ctx, caller, caller.id));
    assert.deepEqual(await authenticate(home.ctx, token), refuse('invalid_token'));
  });

  test('ends by itself after an hour', async () => {
    await using home = await house(database);
    const { token } = await home.addPerson('ada');
    home.clock.tick(accessTokenLife - 1);
    assert.equal((await authenticate(home.ctx, token)).ok, true);
    home.clock.tick(1);
    assert.deepEqual(await authenticate(home.ctx, token), refuse('invalid_token'));
  });

  test('ends when its row does, whatever its token says', async () => {
    await using home = await house(database);
    const { token } = await home.addPerson('ada');
    await home.ctx.store.db
      .updateTable('sessions')
      .set({ expires_at: home.clock.now() + 1000 })
      .execute();
    home.clock.tick(1000);
    assert.deepEqual(await authenticate(home.ctx, token), refuse('invalid_token'));
  });

  test('ends with its user', async () => {
    await using home = await house(database);
    const { user, token } = await home.addPerson('ada');
    await deleteUser(home.ctx.store, user.id);
    assert.deepEqual(await authenticate(home.ctx, token), refuse('invalid_token'));
  });

  test('is not another user, account or session, even where its token says so', async () => {
    await using home = await house(database);
    const [ada, eve] = [await home.addPerson('ada'), await home.addPerson('eve')];
    const own = { ...ada.caller, tokenLife: accessTokenLife };
    const forged = [
      await issueToken(home.ctx, { ...own, userId: eve.user.id }, home.root),
      await issueToken(home.ctx, { ...own, id: eve.caller.id }, home.root),
      await issueToken(home.ctx, own, await home.addAccount('branch')),
      await issueToken(home.ctx, { ...own, id: 'nothing' }, home.root),
    ];
    for (const token of forged) assert.deepEqual(await authenticate(home.ctx, token), refuse('invalid_token'));
    assert.deepEqual(await authenticate(home.ctx, await issueToken(home.ctx, own, home.root)), success(ada.caller));
  });

  test('is not opened by what is no access token', async () => {
    await using home = await house(database);
    const { name, password, token, caller } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    for (const text of [challengeToken, caller.id, '', `${token} `, token.slice(0, -1)]) {
      assert.deepEqual(await authenticate(home.ctx, text), refuse('invalid_token'));
    }
  });

  test("ends when its user's factors change through another", async () => {
    await using home = await house(database);
    const { name, password, token } = await home.addPerson('ada');
    const other = await home.enter(name, password);
    got(await enroll(home.ctx, other, { kind: 'apikey', label: null, input: {} }));
    assert.deepEqual(await authenticate(home.ctx, token), refuse('invalid_token'));
  });
});
