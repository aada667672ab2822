import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { disableMfa } from '../../../src/engine/operator/disable-mfa.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { browseAuthenticators } from '../../../src/engine/directory/reach-user.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine } from '../../../kit/test-engine.ts';

onEachDatabase('the operator', (database) => {
  test('takes second factors and recovery codes from somebody who lost them, and leaves what opens a login', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, token, caller } = await engine.addProtected('ada');
    unwrap(await enroll(engine.ctx, caller, { kind: 'apikey', label: null, input: {} }));
    unwrap(await enroll(engine.ctx, await engine.caller(token), { kind: 'totp', label: null, input: {} }));
    unwrap(await disableMfa(engine.ctx, { login: name }));
    const kinds = (await browseAuthenticators(engine.ctx, user)).map(({ kind }) => kind);
    assert.deepEqual(kinds.toSorted(), ['apikey', 'password']);
    assert.deepEqual(await authenticate(engine.ctx, token), refuse('invalid_token'));
    assert.equal(unwrap(await engine.logIn(name, password)).state, 'session');
    assert.deepEqual(await disableMfa(engine.ctx, { login: 'nobody' }), refuse('unknown_user'));
  });
});
