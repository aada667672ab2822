import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, hour, second } from '../../../src/base/clock.ts';
import {
  authenticate,
  changeClient,
  endSession,
  introspect,
  makeClient,
  passwordGrant,
  refresh,
  removeClient,
  revoke,
  setPassword,
} from '../../../src/engine/operations.ts';
import type { PasswordGrant } from '../../../src/engine/oauth/password-grant.ts';
import type { OAuthClient } from '../../../src/store/clients.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { atOnce, got, house, noTurns, type House, type Person } from '../../../kit/house.ts';

const grantTypes = ['password', 'refresh_token'];
const invalidGrant = { ok: false, reason: 'invalid_grant' } as const;

const addApp = async ({ ctx, root }: House, more: Partial<OAuthClient> = {}, account = root) =>
  (
    await makeClient(ctx, undefined, {
      accountId: account,
      name: 'app',
      grantTypes,
      scope: 'read write',
      isPublic: false,
      ...more,
    })
  ).client;

async function grant({ ctx }: House, app: OAuthClient, who: Person, more: Partial<PasswordGrant> = {}) {
  const reached = got(await passwordGrant(ctx, app, { login: who.name, secret: who.password, ...more }));
  if (reached.state !== 'granted') return assert.fail('a second factor was asked for');
  return { access: reached.accessToken, refreshToken: reached.refreshToken ?? '', scope: reached.scope };
}

/** An app, a person and what the app got for them. */
async function begun(built: House) {
  const app = await addApp(built);
  const ada = await built.addPerson('ada');
  return { app, ada, ...(await grant(built, app, ada)) };
}

const renew = ({ ctx }: House, app: OAuthClient, refreshToken: string, scope?: string) =>
  refresh(ctx, app, { refreshToken, scope });
const isLive = async ({ ctx }: House, token: string) => (await authenticate(ctx, token)).ok;

onEachDatabase('the password grant', (database) => {
  test('gives a session of the client that asked, and a refresh token to those that may have one', async () => {
    await using built = await house(database);
    const { app, ada, access, refreshToken } = await begun(built);
    const { userId, clientId, authModule } = await built.caller(access);
    assert.deepEqual([userId, clientId, authModule], [ada.user.id, app.id, 'oauth2']);
    assert.match(refreshToken, /^[\w-]{43}$/);
    const plain = await addApp(built, { grantTypes: ['password'] });
    assert.equal((await grant(built, plain, ada)).refreshToken, '');
  });

  test('is refused to a client that does not name it, before the password is looked at', async () => {
    await using built = await house(database);
    const app = await addApp(built, { grantTypes: ['refresh_token'] });
    const ada = await built.addPerson('ada');
    const logged = await built.logged(async () => {
      const outcome = await passwordGrant(built.ctx, app, { login: ada.name, secret: ada.password });
      assert.deepEqual(outcome, { ok: false, reason: 'unauthorized_client' });
    });
    assert.deepEqual(logged, []);
  });

  test('gives the scope that was asked for within that of the client', async () => {
    await using built = await house(database);
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
    await using built = await house(database);
    const branch = await built.addAccount('branch');
    const app = await addApp(built, {}, branch);
    const [here, there] = [await built.addPerson('ada', { account: branch }), await built.addPerson('bea')];
    assert.equal((await built.caller((await grant(built, app, here)).access)).userId, here.user.id);
    const outcome = await passwordGrant(built.ctx, app, { login: there.name, secret: there.password });
    assert.equal(outcome.ok, false);
    assert.notEqual((await grant(built, app, there, { account: 'root' })).access, '');
  });

  test('takes a code with the password, once, and a recovery code', async () => {
    await using built = await house(database);
    const app = await addApp(built);
    const ada = await built.addProtected('ada');
    const asked = got(await passwordGrant(built.ctx, app, { login: ada.name, secret: ada.password }));
    assert.equal(asked.state, 'challenge');
    const proof = { reply: built.codeFor(ada.seed), role: 'second' } as const;
    const { access, refreshToken } = await grant(built, app, ada, { second: proof });
    const { amr, secondFactorAt } = await built.caller(access);
    assert.deepEqual([amr, secondFactorAt], [['pwd', 'otp', 'mfa'], built.clock.now()]);
    assert.notEqual(refreshToken, '');
    const given = { login: ada.name, secret: ada.password };
    const wrong = { ok: false, reason: 'wrong_second_factor' };
    assert.deepEqual(await passwordGrant(built.ctx, app, { ...given, second: proof }), wrong);
    const recovery = { reply: ada.codes[0], role: 'recovery' } as const;
    await grant(built, app, ada, { second: recovery });
    assert.deepEqual(await passwordGrant(built.ctx, app, { ...given, second: recovery }), wrong);
  });
});

onEachDatabase('a refresh token', (database) => {
  test('is exchanged for an access token and the next refresh token', async () => {
    await using built = await house(database);
    const { app, access, refreshToken } = await begun(built);
    built.clock.tick(2 * hour);
    assert.equal(await isLive(built, access), false);
    const next = got(await renew(built, app, refreshToken));
    assert.notEqual(next.refreshToken, refreshToken);
    assert.equal(await isLive(built, next.accessToken), true);
    const after = got(await renew(built, app, next.refreshToken ?? ''));
    assert.equal((await built.caller(after.accessToken)).id, (await built.caller(next.accessToken)).id);
  });

  test('works once: of sixteen at once, on two nodes, one wins, and its family lives on', async () => {
    await using built = await house(database, { turns: noTurns });
    const { app, refreshToken } = await begun(built);
    const nodes = [built, await built.node({ turns: noTurns })];
    const outcomes = await atOnce(16, (at) => renew(nodes[at % 2] ?? built, app, refreshToken));
    const won = outcomes.filter((outcome) => outcome.ok);
    assert.equal(won.length, 1);
    for (const lost of outcomes.filter(({ ok }) => !ok)) assert.deepEqual(lost, invalidGrant);
    const winner = got(won[0] ?? invalidGrant);
    assert.equal(await isLive(built, winner.accessToken), true);
    built.clock.tick(1);
    got(await renew(built, app, winner.refreshToken ?? ''));
  });

  test('that comes back within ten seconds is refused and harms nobody', async () => {
    await using built = await house(database);
    const { app, access, refreshToken } = await begun(built);
    const next = got(await renew(built, app, refreshToken));
    built.clock.tick(10 * second);
    assert.deepEqual(await renew(built, app, refreshToken), invalidGrant);
    assert.equal(await isLive(built, access), true);
    got(await renew(built, app, next.refreshToken ?? ''));
  });

  test('that comes back later ends the session and every token of it', async () => {
    await using built = await house(database);
    const { app, access, refreshToken } = await begun(built);
    const next = got(await renew(built, app, refreshToken));
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
    await using built = await house(database);
    const { app, refreshToken } = await begun(built);
    const other = await addApp(built);
    assert.deepEqual(await renew(built, other, refreshToken), invalidGrant);
    const next = got(await renew(built, app, refreshToken));
    built.clock.tick(hour);
    assert.deepEqual(await renew(built, other, refreshToken), invalidGrant);
    got(await renew(built, app, next.refreshToken ?? ''));
  });

  test('is over with a new password, a new factor, the end of its session and the end of its client', async () => {
    await using built = await house(database);
    const { ctx } = built;
    const app = await addApp(built);
    const ends: Readonly<Record<string, (who: Person, access: string) => Promise<unknown>>> = {
      async password({ caller, password }) {
        const given = { secret: 'another one altogether', current: password, label: null };
        got(await setPassword(ctx, caller, given));
      },
      factor: async ({ caller }) => built.enrollTotp(caller),
      async session(_, access) {
        const caller = await built.caller(access);
        got(await endSession(ctx, caller, caller.id));
      },
      client: async () => got(await removeClient(ctx, undefined, app)),
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
    await using built = await house(database);
    const { app, refreshToken } = await begun(built);
    built.clock.tick(15 * day);
    const later = got(await renew(built, app, refreshToken)).refreshToken ?? '';
    built.clock.tick(15 * day - 1000);
    const last = got(await renew(built, app, later));
    assert.equal(await isLive(built, last.accessToken), true);
    built.clock.tick(1000);
    assert.deepEqual(await renew(built, app, last.refreshToken ?? ''), invalidGrant);
    assert.equal(await isLive(built, last.accessToken), false);
  });

  test('is refused to a client that may refresh no more', async () => {
    await using built = await house(database);
    const { app, refreshToken } = await begun(built);
    const changed = got(
      await changeClient(built.ctx, undefined, { client: app, changes: { grantTypes: ['password'] } }),
    );
    assert.deepEqual(await renew(built, changed, refreshToken), { ok: false, reason: 'unauthorized_client' });
  });

  test('gives a smaller scope where one is asked for, and no larger one', async () => {
    await using built = await house(database);
    const app = await addApp(built);
    const ada = await built.addPerson('ada');
    const { refreshToken } = await grant(built, app, ada, { scope: 'read' });
    assert.deepEqual(await renew(built, app, refreshToken, 'write'), { ok: false, reason: 'invalid_scope' });
    const narrowed = got(await renew(built, app, refreshToken, ''));
    assert.equal(narrowed.scope, '');
    assert.equal(got(await renew(built, app, narrowed.refreshToken ?? '')).scope, 'read');
  });

  test('is nothing else: no session, no challenge; and nothing else is one', async () => {
    await using built = await house(database);
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
    await using built = await house(database);
    const { app, access, refreshToken } = await begun(built);
    built.clock.tick(hour - 1000);
    assert.equal(await isLive(built, access), true);
    built.clock.tick(1000);
    assert.equal(await isLive(built, access), false);
    built.clock.tick(30 * day - hour - 1000);
    const last = got(await renew(built, app, refreshToken)).accessToken;
    const found = got(await introspect(built.ctx, app, last)) ?? assert.fail('it is worth nothing');
    assert.equal(found.expiresAt, built.clock.now() + 1000);
  });
});

onEachDatabase('what a token is worth', (database) => {
  test('is told of the tokens of the account, in the words of their sessions', async () => {
    await using built = await house(database);
    const { app, access, refreshToken, ada } = await begun(built);
    const expected: readonly (readonly [string, string, number, string | null])[] = [
      [access, 'access_token', hour, app.id],
      [refreshToken, 'refresh_token', 30 * day, app.id],
      [ada.token, 'access_token', hour, null],
    ];
    for (const [token, kind, life, clientId] of expected) {
      const found = got(await introspect(built.ctx, app, token)) ?? assert.fail('it is worth nothing');
      assert.deepEqual(
        [found.kind, found.expiresAt, found.session.clientId, found.session.userId],
        [kind, built.clock.now() + life, clientId, ada.user.id],
      );
    }
  });

  test('is nothing when it is over, used, of another client or account, or of another kind', async () => {
    await using built = await house(database);
    const { app, access, refreshToken } = await begun(built);
    const branch = await built.addAccount('branch');
    const [other, stranger] = [await addApp(built), await addApp(built, {}, branch)];
    const bea = await built.addProtected('bea');
    const worth = async (who: OAuthClient, token: string) => got(await introspect(built.ctx, who, token));
    assert.equal(await worth(other, refreshToken), undefined);
    for (const token of [access, refreshToken]) assert.equal(await worth(stranger, token), undefined);
    for (const token of [await built.challenge(bea.name, bea.password), 'nothing', '', '\0', app.id]) {
      assert.equal(await worth(app, token), undefined);
    }
    const next = got(await renew(built, app, refreshToken));
    assert.equal(await worth(app, refreshToken), undefined);
    built.clock.tick(hour);
    assert.equal(await worth(app, next.accessToken), undefined);
    assert.equal((await worth(app, next.refreshToken ?? ''))?.kind, 'refresh_token');
  });

  test('is not told to a client that proves nothing of itself', async () => {
    await using built = await house(database);
    const phone = await addApp(built, { isPublic: true });
    const { access } = await grant(built, phone, await built.addPerson('ada'));
    assert.deepEqual(await introspect(built.ctx, phone, access), { ok: false, reason: 'invalid_client' });
  });
});

onEachDatabase('revoking', (database) => {
  test('either token ends the session, and is logged once', async () => {
    await using built = await house(database);
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
    await using built = await house(database);
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
    got(await renew(built, app, refreshToken));
  });

  test('with a refresh token that was used already still ends the session', async () => {
    await using built = await house(database);
    const { app, access, refreshToken } = await begun(built);
    got(await renew(built, app, refreshToken));
    await revoke(built.ctx, app, refreshToken);
    assert.equal(await isLive(built, access), false);
  });
});
