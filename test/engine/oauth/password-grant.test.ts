import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passwordGrant } from '../../../src/engine/operations.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine } from '../../../kit/test-engine.ts';
import { addApp, begun, grant } from './oauth-help.ts';

onEachDatabase('the password grant', (database) => {
  test('gives a session of the client that asked, and a refresh token to those that may have one', async () => {
    await using built = await startEngine(database);
    const { app, ada, access, refreshToken } = await begun(built);
    const { userId, clientId, authModule } = await built.caller(access);
    assert.deepEqual([userId, clientId, authModule], [ada.user.id, app.id, 'oauth2']);
    assert.match(refreshToken, /^[\w-]{43}$/);
    const plain = await addApp(built, { grantTypes: ['password'] });
    assert.equal((await grant(built, plain, ada)).refreshToken, '');
  });

  test('is refused to a client that does not name it, before the password is looked at', async () => {
    await using built = await startEngine(database);
    const app = await addApp(built, { grantTypes: ['refresh_token'] });
    const ada = await built.addPerson('ada');
    const logged = await built.logged(async () => {
      const outcome = await passwordGrant(built.ctx, app, { login: ada.name, secret: ada.password });
      assert.deepEqual(outcome, { ok: false, reason: 'unauthorized_client' });
    });
    assert.deepEqual(logged, []);
  });

  test('gives the scope that was asked for within that of the client', async () => {
    await using built = await startEngine(database);
    const app = await addApp(built);
    const ada = await built.addPerson('ada');
    assert.equal((await grant(built, app, ada)).scope, 'read write');
    assert.equal((await grant(built, app, ada, { scope: 'write' })).scope, 'write');
    assert.equal((await grant(built, app, ada, { scope: '' })).scope, '');
    for (const scope of ['admin', 'read admin', 'READ']) {
      const given = { login: ada.name, secret: ada.password, scope };
      const outcome = await passwordGrant(built.ctx, app, given);
      assert.deepEqual(outcome, { ok: false, reason: 'invalid_scope' }, scope);
    }
  });

  test("looks for the user in the client's account, unless another is named", async () => {
    await using built = await startEngine(database);
    const branch = await built.addAccount('branch');
    const app = await addApp(built, {}, branch);
    const [here, there] = [await built.addPerson('ada', { account: branch }), await built.addPerson('bea')];
    assert.equal((await built.caller((await grant(built, app, here)).access)).userId, here.user.id);
    const outcome = await passwordGrant(built.ctx, app, { login: there.name, secret: there.password });
    assert.equal(outcome.ok, false);
    const ofRoot = await addApp(built);
    assert.notEqual((await grant(built, ofRoot, here, { account: 'branch' })).access, '');
  });

  test('finds no user of an account that is neither that of the client nor below it', async () => {
    await using built = await startEngine(database);
    const app = await addApp(built, {}, await built.addAccount('branch'));
    const sibling = await built.addAccount('sibling');
    const [above, beside] = [await built.addPerson('ada'), await built.addPerson('bea', { account: sibling })];
    const tried = [
      { who: above, account: 'root' },
      { who: above, account: built.root },
      { who: beside, account: 'sibling' },
      { who: above, account: 'mars' },
    ];
    for (const { who, account } of tried) {
      const given = { login: who.name, secret: who.password, account };
      assert.deepEqual(await passwordGrant(built.ctx, app, given), { ok: false, reason: 'unknown_user' }, account);
    }
  });

  test('takes a code with the password, once, and a recovery code', async () => {
    await using built = await startEngine(database);
    const app = await addApp(built);
    const ada = await built.addProtected('ada');
    const asked = unwrap(await passwordGrant(built.ctx, app, { login: ada.name, secret: ada.password }));
    assert.equal(asked.state, 'challenge');
    const proof = { response: built.codeFor(ada.seed), role: 'second' } as const;
    const { access, refreshToken } = await grant(built, app, ada, { second: proof });
    const { amr, secondFactorAt } = await built.caller(access);
    assert.deepEqual([amr, secondFactorAt], [['pwd', 'otp', 'mfa'], built.clock.now()]);
    assert.notEqual(refreshToken, '');
    const given = { login: ada.name, secret: ada.password };
    const wrong = { ok: false, reason: 'wrong_second_factor' };
    assert.deepEqual(await passwordGrant(built.ctx, app, { ...given, second: proof }), wrong);
    const recovery = { response: ada.codes[0], role: 'recovery' } as const;
    await grant(built, app, ada, { second: recovery });
    assert.deepEqual(await passwordGrant(built.ctx, app, { ...given, second: recovery }), wrong);
  });
});
