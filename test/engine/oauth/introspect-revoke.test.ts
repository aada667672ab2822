import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, hour } from '../../../src/base/clock.ts';
import { introspect, revoke } from '../../../src/engine/operations.ts';
import type { OAuthClient } from '../../../src/store/clients.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { atOnce, unwrap, startEngine } from '../../../kit/test-engine.ts';
import { addApp, begun, grant, invalidGrant, isLive, renew } from './oauth-help.ts';

onEachDatabase('what a token is worth', (database) => {
  test('is told of the tokens of the account, in the words of their sessions', async () => {
    await using built = await startEngine(database);
    const { app, access, refreshToken, ada } = await begun(built);
    const expected: readonly (readonly [string, string, number, string | null])[] = [
      [access, 'access_token', hour, app.id],
      [refreshToken, 'refresh_token', 30 * day, app.id],
      [ada.token, 'access_token', hour, null],
    ];
    for (const [token, kind, life, clientId] of expected) {
      const found = unwrap(await introspect(built.ctx, app, token)) ?? assert.fail('it is worth nothing');
      assert.deepEqual(
        [found.kind, found.expiresAt, found.session.clientId, found.session.userId],
        [kind, built.clock.now() + life, clientId, ada.user.id],
      );
    }
  });

  test('is nothing when it is over, used, of another client or account, or of another kind', async () => {
    await using built = await startEngine(database);
    const { app, access, refreshToken } = await begun(built);
    const branch = await built.addAccount('branch');
    const [other, stranger] = [await addApp(built), await addApp(built, {}, branch)];
    const bea = await built.addProtected('bea');
    const worth = async (who: OAuthClient, token: string) => unwrap(await introspect(built.ctx, who, token));
    assert.equal(await worth(other, refreshToken), undefined);
    for (const token of [access, refreshToken]) assert.equal(await worth(stranger, token), undefined);
    for (const token of [await built.challenge(bea.name, bea.password), 'nothing', '', '\0', app.id]) {
      assert.equal(await worth(app, token), undefined);
    }
    const next = unwrap(await renew(built, app, refreshToken));
    assert.equal(await worth(app, refreshToken), undefined);
    built.clock.tick(hour);
    assert.equal(await worth(app, next.accessToken), undefined);
    assert.equal((await worth(app, next.refreshToken ?? ''))?.kind, 'refresh_token');
  });

  test('is not told to a client that proves nothing of itself', async () => {
    await using built = await startEngine(database);
    const phone = await addApp(built, { isPublic: true });
    const { access } = await grant(built, phone, await built.addPerson('ada'));
    assert.deepEqual(await introspect(built.ctx, phone, access), { ok: false, reason: 'invalid_client' });
  });
});

onEachDatabase('revoking', (database) => {
  test('either token ends the session, and is logged once', async () => {
    await using built = await startEngine(database);
    const { app, ada } = await begun(built);
    for (const kind of ['access', 'refreshToken'] as const) {
      const tokens = await grant(built, app, ada);
      const logged = await built.logged(() => atOnce(4, () => revoke(built.ctx, app, tokens[kind])));
      assert.deepEqual(
        logged.map(({ action, outcome, userId }) => [action, outcome, userId]),
        [['session.end', 'success', ada.user.id]],
      );
      assert.equal(await isLive(built, tokens.access), false);
      assert.deepEqual(await renew(built, app, tokens.refreshToken), invalidGrant);
    }
  });

  test("leaves others' tokens, and what is no token, alone", async () => {
    await using built = await startEngine(database);
    const { app, ada, access, refreshToken } = await begun(built);
    const other = await addApp(built);
    const logged = await built.logged(async () => {
      for (const token of [access, refreshToken, ada.token, 'nothing', '', '\0']) {
        await revoke(built.ctx, other, token);
      }
      await revoke(built.ctx, app, ada.token);
    });
    assert.deepEqual(logged, []);
    assert.equal(await isLive(built, access), true);
    assert.equal(await isLive(built, ada.token), true);
    unwrap(await renew(built, app, refreshToken));
  });

  test('with a refresh token that was used already still ends the session', async () => {
    await using built = await startEngine(database);
    const { app, access, refreshToken } = await begun(built);
    unwrap(await renew(built, app, refreshToken));
    await revoke(built.ctx, app, refreshToken);
    assert.equal(await isLive(built, access), false);
  });
});
