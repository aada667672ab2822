import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { stopwatch } from '../../src/base/clock.ts';
import { refuse, success } from '../../src/base/outcome.ts';
import {
  isDestination,
  isRegion,
  readEmailAddress,
  readPhoneNumber,
  type Region,
} from '../../src/messages/destinations.ts';

describe('a phone number', () => {
  const good: readonly (readonly [text: string, region: Region, number: string])[] = [
    ['+12133734253', 'DE', '+12133734253'],
    ['2133734253', 'US', '+12133734253'],
    ['12133734253', 'US', '+12133734253'],
    // A block that nobody was given yet: the gateway knows better.
    ['+15551234567', 'US', '+15551234567'],
    ['015112345678', 'DE', '+4915112345678'],
    ['15112345678', 'DE', '+4915112345678'],
    ['004915112345678', 'DE', '+4915112345678'],
    ['0612345678', 'IT', '+390612345678'],
    ['07911123456', 'GB', '+447911123456'],
    ['+447911123456', 'US', '+447911123456'],
  ];
  for (const [text, region, number] of good) {
    test(`${text} is read in ${region} as ${number}`, () => {
      assert.deepEqual(readPhoneNumber(text, region), { ok: true, value: number });
    });
  }

  const bad = [
    '', '+', '911', '32665', '123456', '1234567890123456', '+1213373425300000', '+0112133734253',
    '2133734253 ', ' 2133734253', '213 373 4253', '213-373-4253', '(213)3734253', '213.373.4253', '+1 2133734253',
    'tel:+12133734253', '+12133734253;ext=5', '+12133734253x5', '2133734253,5', '+12133734253,+12133734254',
    '+12133734253/+12133734254', '1-800-FLOWERS', '１２１３３７３４２５３', '+１２１３３７３４２５３', '٢١٣٣٧٣٤٢٥٣', '2133734253\n',
    '2133734253\u0000', '++12133734253', '+1213373425a', 'call 2133734253', '0x7f000001',
  ]; // prettier-ignore
  for (const text of bad) {
    test(`is none: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(readPhoneNumber(text, 'US'), { ok: false, reason: 'invalid_destination' });
    });
  }

  const forbidden = {
    'a premium number': '+19002345678',
    'a premium number in another country': '+449098790000',
    'a number with shared cost': '+4918012345',
    'a satellite phone': '+881612345678',
    'a phone at sea': '+870773111632',
    'an international premium number': '+979123456789',
  };
  for (const [what, text] of Object.entries(forbidden)) {
    test(`is never sent to when it is ${what}`, () => {
      assert.deepEqual(readPhoneNumber(text, 'US'), { ok: false, reason: 'not_allowed' });
      assert.deepEqual(readPhoneNumber(text, 'US', { allowed: ['US', 'GB'] }), { ok: false, reason: 'not_allowed' });
    });
  }

  test('is sent to in allowed countries only, where they are named', () => {
    const outcomes = ['+12133734253', '+18765551234', '+14165550123', '+4915112345678'].map(
      (text) => readPhoneNumber(text, 'US', { allowed: ['US', 'CA'] }).ok,
    );
    assert.deepEqual(outcomes, [true, false, true, false]);
  });

  test('is not sent to in denied countries, be they allowed or not', () => {
    const denied: Region[] = ['JM'];
    assert.equal(readPhoneNumber('+18765551234', 'US', { denied }).ok, false);
    assert.equal(readPhoneNumber('+18765551234', 'US', { denied, allowed: ['JM', 'US'] }).ok, false);
    assert.equal(readPhoneNumber('+12133734253', 'US', { denied }).ok, true);
  });

  test('is not sent to anywhere when no country is allowed', () => {
    assert.equal(readPhoneNumber('+12133734253', 'US', { allowed: [] }).ok, false);
    // Of no country that anybody could have allowed.
    assert.equal(readPhoneNumber('+15551234567', 'US', { allowed: ['US'] }).ok, false);
    assert.equal(readPhoneNumber('+15551234567', 'US', { denied: ['JM'] }).ok, false);
  });

  test('is no number where every reading drops one more zero', () => {
    assert.deepEqual(readPhoneNumber('+310000000', 'US'), refuse('invalid_destination'));
    assert.deepEqual(readPhoneNumber('+310612345678', 'US'), success('+31612345678'));
  });

  test('is read the same again once it was read', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^\+?[0-9]{7,15}$/),
        fc.constantFrom<Region>('US', 'DE', 'IT', 'JM'),
        (text, region) => {
          const read = readPhoneNumber(text, region);
          if (!read.ok) return;
          assert.deepEqual(readPhoneNumber(read.value, 'FR'), read);
          assert.equal(isDestination('sms', read.value), true);
        },
      ),
    );
  });
});

describe('a region', () => {
  test('is a country by two letters', () => {
    assert.deepEqual(['US', 'DE', 'us', 'XX', '', '001', '__proto__', 'constructor'].map(isRegion), [
      true, true, false, false, false, false, false, false,
    ]); // prettier-ignore
  });
});

describe('an e-mail address', () => {
  const good = [
    ['alice@example.com', 'alice@example.com'],
    ['Alice.B+codes@Mail.EXAMPLE.com', 'Alice.B+codes@mail.example.com'],
    ['alice＠example.com', 'alice@example.com'],
    ['ａｌｉｃｅ@example.com', 'alice@example.com'],
    ['alice@example。com', 'alice@example.com'],
    ['alice@bücher.example', 'alice@xn--bcher-kva.example'],
    ['alice@XN--BCHER-KVA.example', 'alice@xn--bcher-kva.example'],
    ["o'neill_{x}~#$&*=?^-@example.com", "o'neill_{x}~#$&*=?^-@example.com"],
    [`${'x'.repeat(64)}@example.com`, `${'x'.repeat(64)}@example.com`],
  ] as const;
  for (const [text, address] of good) {
    test(`${text} is kept as ${address}`, () => {
      assert.deepEqual(readEmailAddress(text), { ok: true, value: address });
    });
  }

  const bad = [
    '', '@', 'a@', '@example.com', 'alice', 'alice@@example.com', 'a@b@example.com', 'alice@example.com@evil.example', 'alice@example.com＠evil.example', `a@${'ü.'.repeat(60)}example`, 'a＠b@example.com', 'alice@example',
    'alice@localhost', 'alice@.com', 'alice@example..com', 'alice@example.com.', 'alice@-example.com', 'alice@example-.com',
    'alice@127.0.0.1', 'alice@127.1', 'alice@0x7f.1', 'alice@[127.0.0.1]', 'alice@[IPv6:::1]', ' alice@example.com',
    'alice@example.com ', 'al ice@example.com', 'alice@exam ple.com', 'alice@example.com\n', 'alice@example.com\r\nBcc: m@example.com',
    'alice\u0000@example.com', 'alice@example.com\u0000', 'alice\u200b@example.com', 'alice@exam\u00adple.com', 'alice@\u202eexample.com',
    '.alice@example.com', 'alice.@example.com', 'al..ice@example.com', '"alice"@example.com', '"a@b"@example.com', 'a,b@example.com',
    'a@example.com,b@example.com', 'a@example.com;b@example.com', 'a@example.com, b@example.com', '<alice@example.com>',
    'Alice <alice@example.com>', 'alice(home)@example.com', 'a:b@example.com', 'a\\b@example.com', 'a[b@example.com', 'alice%other@example.com',
    'other!alice@example.com', '|command@example.com', '/file@example.com', '`id`@example.com', 'alice@example.com:25', 'alice@example.com/x',
    'alice@ex%61mple.com', 'alice@exa_mple.com', 'alice@example.com?x', 'älice@example.com', 'аlice@example.com', '\ud800@example.com',
    `${'x'.repeat(65)}@example.com`, `a@${'b'.repeat(64)}.com`, `a@${'b.'.repeat(130)}com`, 'a@1.2.3.4', 'a@example.123',
  ]; // prettier-ignore
  for (const text of bad) {
    test(`is none: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(readEmailAddress(text), { ok: false, reason: 'invalid_destination' });
    });
  }

  test('is one address, plain ASCII and short, whatever it was made from', () => {
    const piece = fc.oneof(
      fc.integer({ min: 0, max: 0x10ffff }).map((point) => String.fromCodePoint(point)),
      fc.constantFrom('a', '@', '＠', '.', '。', ',', 'xn--', 'example', '\r\n', '"', '<', '>'),
    );
    const part = fc.array(piece, { maxLength: 6 });
    const text = fc.tuple(part, part).map(([one, two]) => `${one.join('')}@${two.join('')}.com`);
    fc.assert(
      fc.property(text, (given) => {
        const read = readEmailAddress(given);
        if (!read.ok) return;
        assert.match(read.value, /^[!-?A-~]+@[a-z0-9.-]+$/);
        assert.ok(read.value.length <= 254);
        assert.deepEqual(readEmailAddress(read.value), read);
        assert.equal(isDestination('email', read.value), true);
      }),
      { numRuns: 2000 },
    );
  });
});

test('a destination of a hundred thousand characters is refused at once', () => {
  const seconds = stopwatch();
  for (const part of ['a', '0', '(', '@', '@.', 'a.', 'a@b.', '+', 'ﷺ', ' ']) {
    const text = part.repeat(100_000);
    assert.equal(readEmailAddress(text).ok || readPhoneNumber(text, 'US').ok, false);
  }
  assert.ok(seconds() < 1);
});
