import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, hour, second } from '../../../src/base/clock.ts';
import { changeClient, endSession, introspect, removeClient, setPassword } from '../../../src/engine/operations.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { atOnce, unwrap, startEngine, noTurns, type Person } from '../../../kit/test-engine.ts';
import { addApp, begun, grant, invalidGrant, isLive, renew } from './oauth-help.ts';

onEachDatabase('a refresh token', (database) => {
  test('is exchanged for an access token and the next refresh token', async () => {
    await using built = await startEngine(database);
    const { app, access, refreshToken } = await begun(built);
    built.clock.tick(2 * hour);
    assert.equal(await isLive(built, access), false);
    const next = unwrap(await renew(built, app, refreshToken));
    assert.notEqual(next.refreshToken, refreshToken);
    assert.equal(await isLive(built, next.accessToken), true);
    const after = unwrap(await renew(built, app, next.refreshToken ?? ''));
    assert.equal((await built.caller(after.accessToken)).id, (await built.caller(next.accessToken)).id);
  });

  test('works once: of sixteen at once, on two nodes, one wins, and its family lives on', async () => {
    await using built = await startEngine(database, { turns: noTurns });
    const { app, refreshToken } = await begun(built);
    const nodes = [built, await built.node({ turns: noTurns })];
    const outcomes = await atOnce(16, (at) => renew(nodes[at % 2] ?? built, app, refreshToken));
    const won = outcomes.filter((outcome) => outcome.ok);
    assert.equal(won.length, 1);
    for (const lost of outcomes.filter(({ ok }) => !ok)) assert.deepEqual(lost, invalidGrant);
    const winner = unwrap(won[0] ?? invalidGrant);
    assert.equal(await isLive(built, winner.accessToken), true);
    built.clock.tick(1);
    unwrap(await renew(built, app, winner.refreshToken ?? ''));
  });

  test('that comes back within ten seconds is refused and harms nobody', async () => {
    await using built = await startEngine(database);
    const { app, access, refreshToken } = await begun(built);
    const next = unwrap(await renew(built, app, refreshToken));
    built.clock.tick(10 * second);
    assert.deepEqual(await renew(built, app, refreshToken), invalidGrant);
    assert.equal(await isLive(built, access), true);
    unwrap(await renew(built, app, next.refreshToken ?? ''));
  });

  test('that comes back later ends the session and every token of it', async () => {
    await using built = await startEngine(database);
    const { app, access, refreshToken } = await begun(built);
    const next = unwrap(await renew(built, app, refreshToken));
    built.clock.tick(10 * second + 1);
    const logged = await built.logged(async () =>
      assert.deepEqual(await renew(built, app, refreshToken), invalidGrant),
    );
    assert.deepEqual(
      logged.map(({ action, outcome, reason }) => [action, outcome, reason]),
      [['refresh', 'failed', 'replayed']],
    );
    for (const token of [access, next.accessToken]) assert.equal(await isLive(built, token), false);
    assert.deepEqual(await renew(built, app, next.refreshToken ?? ''), invalidGrant);
  });

  test('of another client is worth nothing, and stays good for its own', async () => {
    await using built = await startEngine(database);
    const { app, refreshToken } = await begun(built);
    const other = await addApp(built);
    assert.deepEqual(await renew(built, other, refreshToken), invalidGrant);
    const next = unwrap(await renew(built, app, refreshToken));
    built.clock.tick(hour);
    assert.deepEqual(await renew(built, other, refreshToken), invalidGrant);
    unwrap(await renew(built, app, next.refreshToken ?? ''));
  });

  test('is over with a new password, a new factor, the end of its session and the end of its client', async () => {
    await using built = await startEngine(database);
    const { ctx } = built;
    const app = await addApp(built);
    const ends: Readonly<Record<string, (who: Person, access: string) => Promise<unknown>>> = {
      async password({ caller, password }) {
        const proving = { ...ctx, currentPassword: password };
        unwrap(await setPassword(proving, caller, { secret: 'another one altogether', label: null }));
      },
      factor: async ({ caller }) => built.enrollTotp(caller),
      async session(_, access) {
        const caller = await built.caller(access);
        unwrap(await endSession(ctx, caller, caller.id));
      },
      client: async () => unwrap(await removeClient(ctx, undefined, app)),
    };
    for (const [what, end] of Object.entries(ends)) {
      const who = await built.addPerson(`somebody with a new ${what}`);
      const { access, refreshToken } = await grant(built, app, who);
      await end(who, access);
      assert.equal(await isLive(built, access), false, what);
      assert.deepEqual(await renew(built, app, refreshToken), invalidGrant, what);
    }
  });

  test('goes on for thirty days after the login, however often it is renewed', async () => {
    await using built = await startEngine(database);
    const { app, refreshToken } = await begun(built);
    built.clock.tick(15 * day);
    const later = unwrap(await renew(built, app, refreshToken)).refreshToken ?? '';
    built.clock.tick(15 * day - 1000);
    const last = unwrap(await renew(built, app, later));
    assert.equal(await isLive(built, last.accessToken), true);
    built.clock.tick(1000);
    assert.deepEqual(await renew(built, app, last.refreshToken ?? ''), invalidGrant);
    assert.equal(await isLive(built, last.accessToken), false);
  });

  test('is refused to a client that may refresh no more', async () => {
    await using built = await startEngine(database);
    const { app, refreshToken } = await begun(built);
    const changed = unwrap(
      await changeClient(built.ctx, undefined, { client: app, changes: { grantTypes: ['password'] } }),
    );
    assert.deepEqual(await renew(built, changed, refreshToken), { ok: false, reason: 'unauthorized_client' });
  });

  test('gives a smaller scope where one is asked for, and no larger one', async () => {
    await using built = await startEngine(database);
    const app = await addApp(built);
    const ada = await built.addPerson('ada');
    const { refreshToken } = await grant(built, app, ada, { scope: 'read' });
    assert.deepEqual(await renew(built, app, refreshToken, 'write'), { ok: false, reason: 'invalid_scope' });
    const narrowed = unwrap(await renew(built, app, refreshToken, ''));
    assert.equal(narrowed.scope, '');
    assert.equal(unwrap(await renew(built, app, narrowed.refreshToken ?? '')).scope, 'read');
  });

  test('of a user who is neither in the account of the client nor below it is refused', async () => {
    await using built = await startEngine(database);
    const app = await addApp(built, {}, await built.addAccount('branch'));
    const ada = await built.addPerson('ada');
    // Version 0.1.0 gave such sessions to any client.
    const { refreshToken } = await grant(built, { ...app, accountId: built.root }, ada);
    assert.deepEqual(await renew(built, app, refreshToken), invalidGrant);
  });

  test('is nothing else: no session, no challenge; and nothing else is one', async () => {
    await using built = await startEngine(database);
    const { app, access, refreshToken } = await begun(built);
    const bea = await built.addProtected('bea');
    const challenge = await built.challenge(bea.name, bea.password);
    assert.equal(await isLive(built, refreshToken), false);
    for (const token of [access, challenge, bea.token, '', '\0']) {
      assert.deepEqual(await renew(built, app, token), invalidGrant);
    }
  });
});

onEachDatabase('an access token', (database) => {
  test('lives for an hour, and no longer than its session', async () => {
    await using built = await startEngine(database);
    const { app, access, refreshToken } = await begun(built);
    built.clock.tick(hour - 1000);
    assert.equal(await isLive(built, access), true);
    built.clock.tick(1000);
    assert.equal(await isLive(built, access), false);
    built.clock.tick(30 * day - hour - 1000);
    const last = unwrap(await renew(built, app, refreshToken)).accessToken;
    const found = unwrap(await introspect(built.ctx, app, last)) ?? assert.fail('it is worth nothing');
    assert.equal(found.expiresAt, built.clock.now() + 1000);
  });
});
