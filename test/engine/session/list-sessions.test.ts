import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, success } from '../../../src/base/outcome.ts';
import { accessTokenLife } from '../../../src/engine/policy/merge-policy.ts';
import { authenticate, type Caller } from '../../../src/engine/session/authenticate.ts';
import { endSession, listSessions } from '../../../src/engine/session/list-sessions.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { house } from '../../../kit/house.ts';

/** A caller as the database has their session. */
const stored = ({ type: _type, ...session }: Caller) => session;

onEachDatabase('a session', (database) => {
  test("is on the list of its user's sessions, the newest first", async () => {
    await using home = await house(database);
    const { name, password, caller } = await home.addPerson('ada');
    await home.addPerson('bob');
    home.clock.tick(1);
    const newer = await home.enter(name, password);
    assert.deepEqual(await listSessions(home.ctx, caller), [stored(newer), stored(caller)]);
    home.clock.tick(accessTokenLife - 1);
    assert.deepEqual(await listSessions(home.ctx, caller), [stored(newer)]);
  });

  test('can be ended by its own user, once', async () => {
    await using home = await house(database);
    const { name, password, token, caller } = await home.addPerson('ada');
    const eve = await home.addPerson('eve');
    const other = await home.enter(name, password);
    assert.deepEqual(await endSession(home.ctx, eve.caller, caller.id), refuse('not_found'));
    assert.deepEqual(await endSession(home.ctx, caller, 'nothing'), refuse('not_found'));
    assert.deepEqual(await endSession(home.ctx, other, caller.id), success(undefined));
    assert.deepEqual(await endSession(home.ctx, other, caller.id), refuse('not_found'));
    assert.deepEqual(await authenticate(home.ctx, token), refuse('invalid_token'));
    assert.deepEqual(await listSessions(home.ctx, other), [stored(other)]);
  });

  test('ends with one line of the log', async () => {
    await using home = await house(database);
    const { user, caller } = await home.addPerson('ada');
    const lines = await home.logged(() => endSession(home.ctx, caller, caller.id));
    const line = { action: 'session.end', factor: null, outcome: 'success', reason: null, authModule: null };
    assert.deepEqual(lines, [{ ...line, userId: user.id, sessionId: caller.id }]);
  });
});
