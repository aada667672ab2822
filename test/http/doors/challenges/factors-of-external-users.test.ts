/** Contract section 5: second factors of users of an application are enrolled and changed through its service. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member } from '../../../../kit/server.ts';
import { addService } from './service.ts';
import { json, keeper, shop, type Json } from './external-users-help.ts';

onEachDatabase('factors of users of an application', (on) => {
  test('enrol an app through their service, and answer its challenges from then on', async () => {
    await using fixture = await shop(on);
    const { server, ask } = fixture;
    const uid = member(await ask(201, 'PUT', '/users/42', { email: 'ada@example.org' }), 'uid');
    assert.deepEqual(json(await ask(200, 'POST', '/challenges', { user: { name: '42' } })), { state: 'not_required' });
    const begun = json(await ask(201, 'POST', '/users/42/factors', { type: 'totp', issuer: 'Shop', label: 'phone' }));
    const { id, secret, otpauth_url, qr, ...rest } = begun;
    assert.deepEqual(rest, { type: 'totp', label: 'phone', state: 'pending' });
    const { pathname, searchParams } = new URL(String(otpauth_url));
    assert.deepEqual(
      [decodeURIComponent(pathname), searchParams.get('secret')],
      ['/Shop:ada@example.org', secret],
      'an app shows the address and not an id',
    );
    assert.match(String(qr), /^data:image\/svg\+xml;base64,/);
    assert.deepEqual(json(await ask(200, 'POST', '/challenges', { user: { name: '42' } })), { state: 'not_required' });
    const seed = String(secret);
    const confirm = `/users/42/factors/${String(id)}/confirm`;
    await ask(401, 'POST', confirm, { code: server.wrongCode({ seed }) });
    const confirmed = json(await ask(200, 'POST', confirm, { code: server.code({ seed }) }));
    assert.deepEqual([confirmed['id'], confirmed['type']], [id, 'totp']);
    assert.equal((confirmed['recovery_codes'] as string[]).length, 10);
    const listed = json(await ask(200, 'GET', '/users/42/factors'));
    const [{ type, label } = {}] = listed['factors'] as Json[];
    assert.deepEqual([listed['enabled'], listed['recovery_codes_left'], type, label], [true, 10, 'totp', 'phone']);
    server.clock.tick(30 * second);
    const challenge = await ask(201, 'POST', '/challenges', { user: { uid } });
    const verify = `/challenges/${member(challenge, 'id')}/verify`;
    assert.equal(json(await ask(200, 'POST', verify, { code: server.code({ seed }) }))['user_id'], uid);
    assert.deepEqual(
      server.sent.map(({ to, body }) => [to, /was added/.test(body)]),
      [],
      'notices are sent from their rows, later',
    );
  });

  for (const [type, body, to] of [
    ['sms', { phone_number: '2133734253' }, '+12133734253'],
    ['email', { email: 'ada@example.com' }, 'ada@example.com'],
    ['email', {}, 'ada@example.org'],
  ] as const)
    test(`enrol by ${type} to ${to}`, async () => {
      await using fixture = await shop(on);
      const { server, ask } = fixture;
      await ask(201, 'PUT', '/users/42', { email: 'ada@example.org' });
      const begun = json(await ask(201, 'POST', '/users/42/factors', { type, ...body }));
      const message = server.sent.at(-1);
      assert.equal(message?.to, to);
      assert.equal(JSON.stringify(begun).includes(message?.code ?? '?'), false, 'the code goes to the user alone');
      await ask(200, 'POST', `/users/42/factors/${String(begun['id'])}/confirm`, { code: message?.code });
      server.clock.tick(minute);
      const { id, factors } = json(await ask(201, 'POST', '/challenges', { user: { name: '42' } }));
      assert.deepEqual(
        (factors as Json[]).map((factor) => factor['type']),
        [type],
      );
      await ask(202, 'POST', `/challenges/${String(id)}/send`, {});
      await ask(200, 'POST', `/challenges/${String(id)}/verify`, { code: server.sent.at(-1)?.code });
    });

  test('who can be reached nowhere enrols nothing by message', async () => {
    await using fixture = await shop(on);
    await fixture.ask(201, 'PUT', '/users/42', {});
    for (const body of [{ type: 'email' }, { type: 'email', email: 'ada' }, { type: 'sms', phone_number: '12' }])
      assert.equal(json(await fixture.ask(400, 'POST', '/users/42/factors', body))['code'], 'invalid_destination');
    assert.equal(fixture.server.sent.length, 0);
  });

  test('with a second factor agree to every change of their factors by passing a challenge', async () => {
    await using fixture = await shop(on);
    const { server, ask, passed } = fixture;
    await ask(201, 'PUT', '/users/42', {});
    const { id, seed } = await fixture.enrol('/users/42');
    const changes = (challenge_id: string) =>
      [
        ['POST', '/users/42/factors', { type: 'totp', challenge_id }],
        ['POST', '/users/42/recovery-codes', { challenge_id }],
        ['DELETE', `/users/42/factors/${id}?challenge_id=${challenge_id}`, undefined],
      ] as const;
    const refused = async (challenge_id: string, why: string) => {
      for (const [method, path, body] of changes(challenge_id)) {
        const answer = await ask(401, method, path, body);
        assert.equal(json(answer)['code'], 'insufficient_user_authentication', why);
      }
    };
    const open = async () => member(await ask(201, 'POST', '/challenges', { user: { name: '42' } }), 'id');
    await refused('0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee', 'there is no such challenge');
    await refused(await open(), 'it was not passed');
    await refused(await passed('42', seed, { action: 'Pay 40 EUR to Bob' }), 'something else was approved');
    const old = await passed('42', seed);
    server.clock.tick(15 * minute);
    await refused(old, 'it is too long ago');
    await ask(201, 'PUT', '/users/43', {});
    const other = await fixture.enrol('/users/43');
    await refused(await passed('43', other.seed), 'somebody else passed it');
    const stranger = keeper(server, (await addService(server, 'root', 'another shop')).key);
    await refused(await stranger.passed('42', seed), 'another service asked');
    const first = await passed('42', seed);
    await ask(200, 'POST', '/users/42/recovery-codes', { challenge_id: first });
    await refused(first, 'the factors have changed since');
    const [method, path] = changes(await passed('42', seed))[2];
    await ask(204, method, path);
    const listed = json(await ask(200, 'GET', '/users/42/factors'));
    assert.deepEqual(listed, { enabled: false, factors: [], recovery_codes_left: 0 });
  });

  test('a second app is enrolled with one proof, from the request to its code', async () => {
    await using fixture = await shop(on);
    const { ask } = fixture;
    await ask(201, 'PUT', '/users/42', {});
    const { seed } = await fixture.enrol('/users/42');
    const challenge_id = await fixture.passed('42', seed);
    const begun = await ask(201, 'POST', '/users/42/factors', { type: 'totp', challenge_id });
    const code = fixture.server.code({ seed: member(begun, 'secret') });
    const confirm = `/users/42/factors/${member(begun, 'id')}/confirm`;
    await ask(401, 'POST', confirm, { code });
    assert.deepEqual(json(await ask(200, 'POST', confirm, { code, challenge_id }))['recovery_codes'], []);
  });
});
