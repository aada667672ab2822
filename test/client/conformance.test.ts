/** One engine, whatever way it is reached: the same calls give the same results in each. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { minute, second } from '../../src/base/clock.ts';
import type { Refused, Result } from '../../src/client/result.ts';
import { dataOf, door } from '../http/doors/crossbar/door.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { ways, type Reached } from './ways.ts';

/** The value of an operation that was not refused. */
function valueOf<Value>(result: Result<Value>): Value {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

/** Why one was refused, as a status and a code. */
function refusal<Value>(result: Result<Value>): string {
  assert.ok(!result.ok, JSON.stringify(result));
  assert.match(result.detail, /^(?=.{10})\S+(?: \S+)+$/, 'a phrase, not a code');
  assert.match(result.requestId ?? '', /^[0-9a-f]{32}$/);
  return `${result.status} ${result.code}`;
}

/** Has a user enrol an app, and answers with its seed. */
async function enrolled({ shop, server }: Reached, externalId: string) {
  const made = valueOf(await shop.users.put(externalId, { email: `${externalId}@example.org` }));
  const { id, secret: seed = '' } = valueOf(await shop.factors.enroll(externalId, { type: 'totp', issuer: 'Shop' }));
  const code = server.code({ seed }, -1);
  const { recovery_codes: codes } = valueOf(await shop.factors.confirm(externalId, id, { code }));
  return { uid: made.uid, id, seed, codes };
}

/** Asks, and lets the user answer with a code. */
async function asked({ shop, server }: Reached, name: string, seed: string, action?: string) {
  server.clock.tick(30 * second);
  const challenge = valueOf(await shop.challenges.create({ user: { name }, action }));
  assert.ok('id' in challenge);
  const approved = valueOf(await shop.challenges.verify(challenge.id, { code: server.code({ seed }) }));
  assert.ok('state' in approved);
  return { challenge, approved };
}

const suite: Readonly<Record<string, (reached: Reached) => Promise<void>>> = {
  async 'users are made, changed and forgotten'({ shop }) {
    const made = valueOf(await shop.users.put('user/42 ü', { email: 'ada@example.org', firstName: 'Ada' }));
    assert.deepEqual([made.name, made.email, made.roles], ['user/42 ü', 'ada@example.org', ['user']]);
    const changed = valueOf(await shop.users.put('user/42 ü', { email: null }));
    assert.deepEqual([changed.uid, changed.email, changed.firstName], [made.uid, null, 'Ada']);
    assert.equal(valueOf(await shop.users.put('user/42 ü')).version, 1);
    assert.equal(valueOf(await shop.users.remove(made.uid)), undefined);
    assert.equal(refusal(await shop.users.remove(made.uid)), '404 not_found');
  },

  async 'a factor is enrolled, listed, used, and removed by whom it belongs to'(reached) {
    const { shop, server } = reached;
    valueOf(await shop.users.put('42'));
    assert.deepEqual(valueOf(await shop.challenges.create({ user: { name: '42' } })), { state: 'not_required' });
    const { uid, id, seed, codes } = await enrolled(reached, '42');
    assert.equal(codes.length, 10);
    const { factors, ...rest } = valueOf(await shop.factors.list('42'));
    assert.deepEqual(rest, { enabled: true, recovery_codes_left: 10 });
    assert.deepEqual(
      factors.map((factor) => [factor.id, factor.type]),
      [[id, 'totp']],
    );
    const { challenge, approved } = await asked(reached, '42', seed);
    assert.deepEqual([approved.user_id, approved.amr, approved.acr], [uid, ['otp', 'mfa'], 'aal2']);
    assert.equal(valueOf(await shop.challenges.read(challenge.id)).state, 'approved');
    assert.equal(refusal(await shop.factors.remove('42', id)), '401 insufficient_user_authentication');
    server.clock.tick(minute);
    const again = await asked(reached, '42', seed);
    const proof = { challenge_id: again.challenge.id };
    assert.equal(valueOf(await shop.factors.renewRecoveryCodes('42', proof)).codes.length, 10);
    const last = await asked(reached, '42', seed);
    assert.equal(valueOf(await shop.factors.remove('42', id, { challenge_id: last.challenge.id })), undefined);
    assert.equal(valueOf(await shop.factors.list('42')).enabled, false);
  },

  async 'an assertion says who approved what, for whom'(reached) {
    const { uid, seed } = await enrolled(reached, '42');
    const { challenge, approved } = await asked(reached, '42', seed, 'Pay 40 EUR to Bob');
    const { aud, sub, jti, action_hash, acr } = decodeJwt(approved.assertion ?? '');
    const hash = createHash('sha256').update('Pay 40 EUR to Bob').digest('base64url');
    assert.deepEqual([aud, sub, jti, action_hash, acr], [reached.serviceId, uid, challenge.id, hash, 'aal2']);
  },

  async 'an assertion is redeemed once'(reached) {
    const { shop, stranger } = reached;
    const { uid, seed } = await enrolled(reached, '42');
    const { challenge, approved } = await asked(reached, '42', seed, 'Pay 40 EUR to Bob');
    const { assertion = '' } = approved;
    assert.equal(refusal(await stranger.challenges.redeem(challenge.id, { assertion })), '404 not_found');
    const redeemed = valueOf(await shop.challenges.redeem(challenge.id, { assertion }));
    assert.deepEqual([redeemed.user_id, redeemed.action, redeemed.acr], [uid, 'Pay 40 EUR to Bob', 'aal2']);
    assert.equal(refusal(await shop.challenges.redeem(challenge.id, { assertion })), '409 already_redeemed');
  },

  async 'a wrong code is a value and not an exception, and so is every refusal'(reached) {
    const { shop, stranger, server } = reached;
    const { seed } = await enrolled(reached, '42');
    server.clock.tick(30 * second);
    const challenge = valueOf(await shop.challenges.create({ user: { name: '42' } }));
    assert.ok('id' in challenge);
    const code = server.wrongCode({ seed });
    assert.equal(refusal(await shop.challenges.verify(challenge.id, { code })), '401 invalid_code');
    assert.equal(refusal(await shop.challenges.verify(challenge.id, { code: 'no code' })), '400 invalid_request');
    assert.equal(refusal(await shop.challenges.verify(challenge.id, {})), '400 invalid_request');
    assert.equal(refusal(await stranger.challenges.verify(challenge.id, { code })), '404 not_found');
    assert.equal(refusal(await stranger.factors.list('42')), '404 not_found');
    assert.equal(refusal(await stranger.users.put('42')), '409 name_taken');
    assert.equal(refusal(await shop.users.put('admin')), '409 name_taken');
    assert.equal(refusal(await shop.users.put('me')), '404 not_found');
    assert.equal(refusal(await shop.users.remove('me')), '404 not_found');
    assert.equal(refusal(await shop.users.put('42', { email: 'no address' })), '400 invalid_request');
    assert.equal(refusal(await shop.challenges.read('no id')), '404 not_found');
    for (let guess = 0; guess < 4; guess += 1) await shop.challenges.verify(challenge.id, { code });
    const throttled = await shop.challenges.verify(challenge.id, { code: server.code({ seed }) });
    assert.deepEqual([refusal(throttled), (throttled as Refused).retryAfter], ['429 throttled', 30]);
  },

  async 'a code that is sent arrives, and confirms'(reached) {
    const { shop, server } = reached;
    valueOf(await shop.users.put('42'));
    const sms = { type: 'sms', phone_number: '+12133734253' } as const;
    const pending = valueOf(await shop.factors.enroll('42', sms));
    assert.deepEqual([pending.type, pending.hint, pending.secret], ['sms', '•••53', undefined]);
    valueOf(await shop.factors.confirm('42', pending.id, { code: server.sent.at(-1)?.code ?? '' }));
    server.clock.tick(minute);
    const challenge = valueOf(await shop.challenges.create({ user: { name: '42' }, factors: ['sms'] }));
    assert.ok('id' in challenge);
    assert.equal(valueOf(await shop.challenges.send(challenge.id)).retry_after, 30);
    assert.equal(refusal(await shop.challenges.send(challenge.id)), '429 send_limited');
    valueOf(await shop.challenges.verify(challenge.id, { code: server.sent.at(-1)?.code ?? '' }));
  },

  async 'a person logs in, is asked, steps up and goes'({ as, nobody, server }) {
    const ada = await server.addPerson('ada');
    const app = await server.addApp(ada);
    server.clock.tick(minute);
    const login = { username: ada.name, password: ada.password };
    assert.equal(refusal(await nobody.sessions.logIn({ ...login, password: 'x' })), '400 invalid_credentials');
    const first = valueOf(await nobody.sessions.logIn(login));
    assert.ok('mfa_token' in first);
    const holder = as(first.mfa_token);
    assert.equal(valueOf(await holder.challenges.read('current')).state, 'pending');
    const opened = valueOf(await holder.challenges.verify('current', { code: server.code(app) }));
    const session = as(opened.token ?? '');
    assert.equal(valueOf(await session.sessions.list()).filter(({ current }) => current).length, 1);
    const assured = valueOf(await session.sessions.assure({ acr: 'aal2', maxAge: 60 }));
    assert.deepEqual([assured.user, assured.acr, assured.amr], [ada.uid, 'aal2', ['pwd', 'otp', 'mfa']]);
    server.clock.tick(2 * minute);
    const stale = await session.sessions.assure({ acr: 'aal2', maxAge: 60 });
    assert.equal(refusal(stale), '401 insufficient_user_authentication');
    assert.equal(
      (stale as Refused).authenticate,
      'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="60"',
    );
    const challenge = valueOf(await session.challenges.create({}));
    assert.ok('id' in challenge);
    const approved = valueOf(await session.challenges.verify(challenge.id, { code: server.code(app) }));
    const next = as(approved.token ?? '');
    valueOf(await next.sessions.assure({ acr: 'aal2', maxAge: 60 }));
    assert.equal(valueOf(await next.sessions.endOthers()), undefined);
    assert.equal(valueOf(await next.sessions.list()).length, 1);
    assert.equal(valueOf(await next.sessions.end()), undefined);
    assert.equal(refusal(await next.sessions.list()), '401 invalid_token');
  },

  async 'a credential that is none opens nothing'({ as, nobody, server }) {
    assert.equal(refusal(await nobody.users.put('42')), '401 authentication_required');
    assert.equal(refusal(await nobody.sessions.list()), '401 authentication_required');
    const ada = await server.addPerson('ada');
    for (const credential of ['nothing', ada.uid, 'csk_'.padEnd(47, 'x')]) {
      assert.equal(refusal(await as(credential).users.put('42')), '401 invalid_token');
      assert.equal(refusal(await as(credential).sessions.list()), '401 invalid_token');
    }
    assert.equal(refusal(await as(ada.token).users.put('42')), '403 forbidden');
    assert.equal(refusal(await as(ada.token).factors.list('42')), '403 forbidden');
  },

  async 'who has to enrol first is told so, and gets what lets them'({ nobody, server }) {
    await server.addPerson('ada');
    const provider = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };
    const { id: configuration_id } = dataOf(await door(server)(201, 'PUT', 'accounts/root/multi_factor', provider));
    const auth_modules = { authtoken: { multi_factor: { enabled: true, configuration_id } } };
    await door(server)(200, 'POST', 'accounts/root/security', { auth_modules });
    const told = await nobody.sessions.logIn({ username: 'ada', password: 'the secret of ada' });
    assert.equal(refusal(told), '403 mfa_enrollment_required');
    const bearer = (told as Refused).enrollmentToken;
    assert.equal((await server.call('PUT', '/mfa/totp/request', { bearer, json: {} })).status, 200);
  },
};

for (const [way, open] of Object.entries(ways))
  onEachDatabase(`the server, reached ${way}`, (on) => {
    // What it is mounted in is the same for both.
    if (way.startsWith('mounted') && on.flavour === 'postgres') return;
    for (const [what, expect] of Object.entries(suite))
      test(what, async () => {
        await using reached = await open(on);
        await expect(reached);
      });
  });
