import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { disableMfa } from '../../../src/engine/operator/disable-mfa.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { browseAuthenticators } from '../../../src/engine/directory/reach-user.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house } from '../../../kit/house.ts';

onEachDatabase('the operator', (database) => {
  test('takes second factors and recovery codes from somebody who lost them, and leaves what opens a login', async () => {
    await using home = await house(database);
    const { user, name, password, token, caller } = await home.addProtected('ada');
    got(await enroll(home.ctx, caller, { kind: 'apikey', label: null, input: {} }));
    got(await enroll(home.ctx, await home.caller(token), { kind: 'totp', label: null, input: {} }));
    got(await disableMfa(home.ctx, { login: name }));
    const kinds = (await browseAuthenticators(home.ctx, user)).map(({ kind }) => kind);
    assert.deepEqual(kinds.toSorted(), ['apikey', 'password']);
    assert.deepEqual(await authenticate(home.ctx, token), refuse('invalid_token'));
    assert.equal(got(await home.logIn(name, password)).state, 'session');
    assert.deepEqual(await disableMfa(home.ctx, { login: 'nobody' }), refuse('unknown_user'));
  });
});
