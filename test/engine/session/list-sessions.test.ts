import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, success } from '../../../src/base/outcome.ts';
import { accessTokenLife } from '../../../src/engine/policy/merge-policy.ts';
import { authenticate, type Caller } from '../../../src/engine/session/authenticate.ts';
import { endSession, listSessions } from '../../../src/engine/session/list-sessions.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { startEngine } from '../../../kit/test-engine.ts';

/** A caller as the database has their session. */
const stored = ({ type: _type, tokenId: _tokenId, ...session }: Caller) => session;

onEachDatabase('a session', (database) => {
  test("is on the list of its user's sessions, the newest first", async () => {
    await using engine = await startEngine(database);
    const { name, password, caller } = await engine.addPerson('ada');
    await engine.addPerson('bob');
    engine.clock.tick(1);
    const newer = await engine.enter(name, password);
    assert.deepEqual(await listSessions(engine.ctx, caller), [stored(newer), stored(caller)]);
    engine.clock.tick(accessTokenLife - 1);
    assert.deepEqual(await listSessions(engine.ctx, caller), [stored(newer)]);
  });

  test('can be ended by its own user, once', async () => {
    await using engine = await startEngine(database);
    const { name, password, token, caller } = await engine.addPerson('ada');
    const eve = await engine.addPerson('eve');
    const other = await engine.enter(name, password);
    assert.deepEqual(await endSession(engine.ctx, eve.caller, caller.id), refuse('not_found'));
    assert.deepEqual(await endSession(engine.ctx, caller, 'nothing'), refuse('not_found'));
    assert.deepEqual(await endSession(engine.ctx, other, caller.id), success(undefined));
    assert.deepEqual(await endSession(engine.ctx, other, caller.id), refuse('not_found'));
    assert.deepEqual(await authenticate(engine.ctx, token), refuse('invalid_token'));
    assert.deepEqual(await listSessions(engine.ctx, other), [stored(other)]);
  });

  test('ends with one line of the log', async () => {
    await using engine = await startEngine(database);
    const { user, caller } = await engine.addPerson('ada');
    const lines = await engine.logged(() => endSession(engine.ctx, caller, caller.id));
    const line = { action: 'session.end', factor: null, outcome: 'success', reason: null, authModule: null };
    assert.deepEqual(lines, [{ ...line, userId: user.id, sessionId: caller.id }]);
  });
});
