import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Claims } from '../../../src/engine/access-token.ts';
import { authenticate } from '../../../src/engine/operations.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { startEngine, type TestEngine } from '../../../kit/test-engine.ts';
import { addApp, begun, isLive } from './oauth-help.ts';

/** The claims of a token, with others in place of some. */
async function reissued({ ctx }: TestEngine, token: string, other: Partial<Claims>, audiences?: readonly string[]) {
  const { iss: _iss, aud: _aud, ...claims } = (await ctx.tokens.read(token, ctx.now)) ?? assert.fail('it is not valid');
  const given = Object.fromEntries(Object.entries({ ...claims, ...other }).filter(([, value]) => value !== undefined));
  return ctx.tokens.issue(given as Claims, audiences);
}

onEachDatabase('a token that does not fit its session', (database) => {
  test('is invalid: one that names another client, or a client where there is none', async () => {
    await using built = await startEngine(database);
    const { app, ada, access } = await begun(built);
    const other = await addApp(built);
    assert.equal(await isLive(built, await reissued(built, access, {})), true);
    assert.equal(await isLive(built, await reissued(built, access, { client_id: other.id })), false);
    assert.equal(await isLive(built, await reissued(built, ada.token, { client_id: app.id, scope: 'mfa' })), false);
  });

  test("is never issued: a client's has the audiences of the client, and not that of sessions", async () => {
    await using built = await startEngine(database);
    const { ada, access } = await begun(built);
    const audienceOf = async (token: string) => (await built.ctx.tokens.read(token, built.ctx.now))?.aud;
    const ofSessions = String(await audienceOf(ada.token));
    const given = [
      [[ofSessions], `${ofSessions}/oauth2`],
      [['https://api.example', ofSessions], 'https://api.example'],
    ] as const;
    for (const [audiences, expected] of given)
      assert.equal(await audienceOf(await reissued(built, access, {}, audiences)), expected);
  });

  test("of version 0.1.0, which does not name its client, is a client's if the session is", async () => {
    await using built = await startEngine(database);
    const { app, access } = await begun(built);
    const old = await reissued(built, access, { client_id: undefined, scope: undefined } as unknown as Claims);
    const caller = await authenticate(built.ctx, old);
    assert.deepEqual([caller.ok && caller.value.clientId, caller.ok && caller.value.scope], [app.id, 'read write']);
  });
});
