import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { DuoSettings } from '../../src/factors/duo/settings.ts';
import { duoWeb } from '../../src/factors/duo/web.ts';
import { duoSecret } from '../../kit/stand-ins/duo.ts';
import vectors from '../vectors/duo-web-v2.json' with { type: 'json' };
import { approve, common, duoContext, endOf, ownKey, partOf, webSettings } from './duo-help.ts';
import { noon, yes } from './help.ts';

const { keys } = vectors;

async function ask(user = 'alice', now = noon, settings = webSettings) {
  const { prompt, ...question } = yes(await duoWeb.ask(settings, user, duoContext({ now })));
  assert.ok(prompt.shape === 'signedRequest');
  return { ask: prompt, ...question };
}

async function check(memo: unknown, reply: unknown, { user = 'alice', now = noon, settings = webSettings } = {}) {
  return endOf(await duoWeb.check(settings, { user, memo, response: reply }, duoContext({ now })));
}

describe('the vectors of Duo Web v2', () => {
  for (const { now, duo_expire, app_expire, sig_request } of vectors.sign) {
    test(`sign at ${now}`, async () => {
      const { ask: asked } = await ask(keys.user, now * 1000, { ...webSettings, duo_expire, app_expire });
      assert.equal(asked.request, sig_request);
    });
  }

  for (const { name, now, login_user, ikey, sig_response, expect } of vectors.verify) {
    test(`${name}: ${expect}`, async () => {
      const reply = typeof sig_response === 'string' ? sig_response : sig_response.repeat.repeat(sig_response.times);
      // As if each had been the answer to the very question that it carries: what else is wrong has to be found.
      const memo = { app: reply.split(':')[1] ?? '' };
      const settings = { ...webSettings, integration_key: ikey };
      const end = await check(memo, reply, { user: login_user, now: now * 1000 + 999, settings });
      assert.equal(end === 'accepted' ? 'accept' : 'reject', expect, end);
    });
  }
});

describe('a question by the Web SDK', () => {
  test('says to the client where Duo is, and nothing that is secret', async () => {
    const { ask: asked } = await ask();
    assert.deepEqual(Object.keys(asked), ['shape', 'request', 'host']);
    assert.equal(asked.host, common.api_hostname);
    for (const key of [duoSecret, ownKey]) assert.equal(JSON.stringify(asked).includes(key), false);
  });

  test('gives Duo and the response the times of the settings', async () => {
    const settings = { ...webSettings, duo_expire: 60, app_expire: 120 };
    const { ask: asked } = await ask('alice', noon, settings);
    const expiries = asked.request.split(':').map((part) => {
      const content = Buffer.from(part.split('|')[1] ?? '', 'base64').toString();
      return Number(content.split('|')[2]) - noon / 1000;
    });
    assert.deepEqual(expiries, [60, 120]);
  });

  for (const user of ['', 'in|valid', '|', 'half \ud800 a pair']) {
    test(`can't be asked about ${JSON.stringify(user)}`, async () => {
      assert.match(endOf(await duoWeb.ask(webSettings, user, duoContext())), /^unsuitable_user: /);
    });
  }

  test('is not asked with an empty key in the place of the own one', async () => {
    const { application_secret_key: _, ...settings } = webSettings;
    assert.match(endOf(await duoWeb.ask(settings, 'alice', duoContext())), /^provider_refused: /);
    const app = partOf('APP', '', `alice|${common.integration_key}|9999999999`);
    const reply = `${partOf('AUTH', duoSecret, `alice|${common.integration_key}|9999999999`)}:${app}`;
    assert.match(await check({ app }, reply, { settings }), /^provider_refused: /);
  });

  test('tells by a response which question it claims to answer', async () => {
    const { ask: asked, handle } = await ask();
    assert.equal(duoWeb.handleOf(approve(asked.request)), handle);
    for (const reply of ['', 'AUTH', 'a:b:c', 5, undefined, { state: handle }]) {
      assert.equal(duoWeb.handleOf(reply), undefined);
    }
  });
});

describe('a response by the Web SDK', () => {
  for (const user of ['alice', 'a:b', 'Größe 漢字 😀', 'alice@example.com', ' alice ', '\ufeffalice', '\u0000']) {
    test(`is accepted from ${JSON.stringify(user)}, whose memo has been stored meanwhile`, async () => {
      const { ask: asked, memo } = await ask(user);
      const stored: unknown = JSON.parse(JSON.stringify(memo));
      assert.equal(await check(stored, approve(asked.request), { user, now: noon + 299_000 }), 'accepted');
    });
  }

  const other: DuoSettings = { ...webSettings, secret_key: 'x'.repeat(40), application_secret_key: 'y'.repeat(40) };
  const late = noon + 300_000;
  const tampering: Record<string, (reply: string, request: string) => string | [string, Parameters<typeof check>[2]]> =
    {
      'is for another user': (reply) => [reply, { user: 'bob' }],
      'comes at the end of its time': (reply) => [reply, { now: late }],
      'was signed with keys that have changed since': (reply) => [reply, { settings: other }],
      'is the request': (_, request) => request,
      'is the request with another prefix': (_, request) => request.replace('TX|', 'AUTH|'),
      'is turned round': (reply) => reply.split(':').toReversed().join(':'),
      'has its AUTH part twice': (reply) => `${reply.split(':')[0]}:${reply.split(':')[0]}`,
      'has its APP part twice': (reply) => `${reply.split(':')[1]}:${reply.split(':')[1]}`,
      'has a part more': (reply) => `${reply}:${reply.split(':')[1]}`,
      'has a part less': (reply) => reply.split(':')[0] ?? '',
      'has a field more': (reply) => reply.replace(':', '|x:'),
      'has a signature in capitals': (reply) => reply.replace(/[0-9a-f]{40}:/, (mac) => mac.toUpperCase()),
      'has a signature of nothing': (reply) => reply.replace(/[0-9a-f]{40}:/, ':'),
      'begins with a blank': (reply) => ` ${reply}`,
      'ends with a line break': (reply) => `${reply}\n`,
      'is about Bob at Duo': (_, request) => approve(request, ([, ...rest]) => ['bob', ...rest]),
      'is about ALICE at Duo': (_, request) => approve(request, ([, ...rest]) => ['ALICE', ...rest]),
      'is about nobody': (_, request) => approve(request, ([, ...rest]) => ['', ...rest]),
      'has a field more at Duo': (_, request) => approve(request, (fields) => [...fields, 'x']),
      'has a field less at Duo': (_, request) => approve(request, (fields) => fields.slice(0, 2)),
      'is for another integration': (_, request) =>
        approve(request, ([user = '', , end = '']) => [user, 'D'.repeat(20), end]),
      'has no end that is a time': (_, request) => approve(request, ([user = '', key = '']) => [user, key, '1e12']),
      'has an end after all time': (_, request) =>
        approve(request, ([user = '', key = '']) => [user, key, '9'.repeat(12)]),
      'has an end with a zero before it': (_, request) =>
        approve(request, ([user = '', key = '', end = '']) => [user, key, `0${end}`]),
    };
  for (const [what, tamper] of Object.entries(tampering)) {
    test(`is refused when it ${what}`, async () => {
      const { ask: asked, memo } = await ask();
      const request = asked.request;
      const done = tamper(approve(request), request);
      const [reply, changes] = typeof done === 'string' ? [done, {}] : done;
      assert.match(await check(memo, reply, changes), /^wrong: /);
    });
  }

  test('is refused when it carries the APP part of an earlier question', async () => {
    const first = await ask();
    const second = await ask('alice', noon + 1000);
    const end = await check(second.memo, approve(first.ask.request), { now: noon + 1000 });
    assert.equal(end, 'wrong: answers another prompt');
  });

  test('is refused when its APP part was signed with the key that Duo knows', async () => {
    const content = `alice|${common.integration_key}|9999999999`;
    const [auth, app] = [partOf('AUTH', duoSecret, content), partOf('APP', duoSecret, content)];
    assert.equal(await check({ app }, `${auth}:${app}`), 'wrong: does not have the signatures of Duo and Countersign');
  });

  test('is known again by its AUTH part, whichever question it comes with, until that is over', async () => {
    const first = await ask();
    const second = await ask('alice', noon + 1000);
    const reply = approve(first.ask.request);
    const mixed = `${reply.split(':')[0]}:${approve(second.ask.request).split(':')[1]}`;
    const user = 'alice';
    const one = yes(await duoWeb.check(webSettings, { user, memo: first.memo, response: reply }, duoContext()));
    const two = yes(await duoWeb.check(webSettings, { user, memo: second.memo, response: mixed }, duoContext()));
    assert.deepEqual(one, two);
    assert.equal(one.until, noon + 300_000);
    assert.equal(reply.includes(one.id), false);
  });

  test('has another identity than the next one', async () => {
    const answered = async (now: number) => {
      const { ask: asked, memo } = await ask('alice', now);
      const response = approve(asked.request);
      return yes(await duoWeb.check(webSettings, { user: 'alice', memo, response }, duoContext({ now }))).id;
    };
    assert.notEqual(await answered(noon), await answered(noon + 1000));
  });

  test('is refused when its name becomes that of the user only where bytes that are no text are mended', async () => {
    const rest = `|${common.integration_key}|9999999999`;
    const content = Buffer.concat([Buffer.from([0xff]), Buffer.from(rest)]);
    const app = partOf('APP', ownKey, `\ufffd${rest}`);
    const end = await check({ app }, `${partOf('AUTH', duoSecret, content)}:${app}`, { user: '\ufffd' });
    assert.equal(end, 'wrong: does not have the signatures of Duo and Countersign');
  });

  test('is not read when it is longer than any of ours', async () => {
    const user = 'x'.repeat(6000);
    const { ask: asked, memo } = await ask(user);
    assert.equal(await check(memo, approve(asked.request), { user }), 'wrong: is not a signed response');
  });

  test('is refused, and nothing is thrown, whatever comes', async () => {
    const { ask: asked, memo } = await ask();
    const right = approve(asked.request);
    const piece = fc.oneof(fc.constantFrom(...right.split(/([|:])/)), fc.string({ unit: 'binary' }));
    const anything = fc.oneof(
      fc.anything(),
      fc.array(piece).map((pieces) => pieces.join('')),
    );
    await fc.assert(
      fc.asyncProperty(anything, anything, async (reply, stranger) => {
        if (reply === right) return;
        assert.match(await check(memo, reply), /^wrong: /);
        assert.match(await check(stranger, right), /^wrong: /);
      }),
    );
  });
});
