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
import { client, unwrap, startEngine } from '../../../kit/test-engine.ts';

onEachDatabase('a session', (database) => {
  test('is what its access token speaks for', async () => {
    await using engine = await startEngine(database);
    const { user, token, caller } = await engine.addPerson('ada', { roles: ['admin'] });
    const { id, tokenId } = caller;
    assert.deepEqual(await authenticate(engine.ctx, token), success(caller));
    assert.deepEqual(caller, {
      type: 'session',
      id,
      userId: user.id,
      accountId: engine.root,
      roles: ['admin'],
      authModule: 'password',
      epoch: 0,
      amr: ['pwd'],
      secondFactorAt: null,
      authTime: engine.clock.now(),
      keyId: null,
      keyScope: null,
      expiresAt: engine.clock.now() + accessTokenLife,
      clientIp: client.ip,
      userAgent: client.userAgent,
      clientId: null,
      scope: null,
      generation: 1,
      generationFrom: 1,
      refreshFrom: 1,
      secondKinds: [],
      raised: null,
      tokenId,
      user,
    });
    assert.equal(assuranceOf(caller), 'aal1');
  });

  test('is in force on every node', async () => {
    await using engine = await startEngine(database);
    const other = await engine.node();
    const { token, caller } = await engine.addPerson('ada');
    assert.deepEqual(await other.caller(token), caller);
    unwrap(await endSession(other.ctx, caller, caller.id));
    assert.deepEqual(await authenticate(engine.ctx, token), refuse('invalid_token'));
  });

  test('ends by itself after an hour', async () => {
    await using engine = await startEngine(database);
    const { token } = await engine.addPerson('ada');
    engine.clock.tick(accessTokenLife - 1);
    assert.equal((await authenticate(engine.ctx, token)).ok, true);
    engine.clock.tick(1);
    assert.deepEqual(await authenticate(engine.ctx, token), refuse('invalid_token'));
  });

  test('ends when its row does, whatever its token says', async () => {
    await using engine = await startEngine(database);
    const { token } = await engine.addPerson('ada');
    await engine.ctx.store.db
      .updateTable('sessions')
      .set({ expires_at: engine.clock.now() + 1000 })
      .execute();
    engine.clock.tick(1000);
    assert.deepEqual(await authenticate(engine.ctx, token), refuse('invalid_token'));
  });

  test('ends with its user', async () => {
    await using engine = await startEngine(database);
    const { user, token } = await engine.addPerson('ada');
    await deleteUser(engine.ctx.store, user.id);
    assert.deepEqual(await authenticate(engine.ctx, token), refuse('invalid_token'));
  });

  test('is not another user, account or session, even where its token says so', async () => {
    await using engine = await startEngine(database);
    const [ada, eve] = [await engine.addPerson('ada'), await engine.addPerson('eve')];
    const own = { ...ada.caller, tokenLife: accessTokenLife };
    const forged = [
      await issueToken(engine.ctx, { ...own, userId: eve.user.id }, engine.root),
      await issueToken(engine.ctx, { ...own, id: eve.caller.id }, engine.root),
      await issueToken(engine.ctx, own, await engine.addAccount('branch')),
      await issueToken(engine.ctx, { ...own, id: 'nothing' }, engine.root),
    ];
    for (const token of forged) assert.deepEqual(await authenticate(engine.ctx, token), refuse('invalid_token'));
    const { tokenId, ...again } = await engine.caller(await issueToken(engine.ctx, own, engine.root));
    const { tokenId: before, ...session } = ada.caller;
    assert.deepEqual(again, session);
    assert.notEqual(tokenId, before);
  });

  test('is not opened by what is no access token', async () => {
    await using engine = await startEngine(database);
    const { name, password, token, caller } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    for (const text of [challengeToken, caller.id, '', `${token} `, token.slice(0, -1)]) {
      assert.deepEqual(await authenticate(engine.ctx, text), refuse('invalid_token'));
    }
  });

  test("ends when its user's factors change through another", async () => {
    await using engine = await startEngine(database);
    const { name, password, token } = await engine.addPerson('ada');
    const other = await engine.enter(name, password);
    unwrap(await enroll(engine.ctx, other, { kind: 'apikey', label: null, input: {} }));
    assert.deepEqual(await authenticate(engine.ctx, token), refuse('invalid_token'));
  });
});
