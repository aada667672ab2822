import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressSet, canonicalAddress, isAddressEntry } from '../../src/base/addresses.ts';

test('every spelling of an address becomes one', () => {
  for (const [written, expected] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::1', '::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['fe80::1%1', 'fe80::1'],
  ] as const)
    assert.equal(canonicalAddress(written), expected, written);
});

test('what is no address has no spelling', () => {
  for (const text of [
    '',
    ' ',
    'localhost',
    '1.2.3',
    '010.0.0.1',
    '0x7f.0.0.1',
    '2130706433',
    '1.2.3.256',
    '1.2.3.4:80',
    '1.2.3.4%eth0',
    '[::1]',
    '::1%',
    ':::1',
    '1::2::3',
    '::1%a b',
    '١.2.3.4',
    '10.0.0.0/8',
    ' 1.2.3.4',
  ])
    assert.equal(canonicalAddress(text), undefined, text);
});

for (const [entries, inside, outside] of [
  [[], [], ['127.0.0.1', '::1']],
  [['192.0.2.1'], ['192.0.2.1'], ['192.0.2.2', '::1']],
  [['10.0.0.0/8'], ['10.0.0.0', '10.255.255.255'], ['11.0.0.0', '9.255.255.255']],
  [['10.1.2.3/8'], ['10.0.0.1'], ['11.1.2.3']],
  [['10.0.0.1/32'], ['10.0.0.1'], ['10.0.0.2']],
  [['0.0.0.0/0'], ['203.0.113.9'], ['2001:db8::1']],
  [['2001:db8::/32'], ['2001:db8:ffff::1'], ['2001:db9::1', '32.1.13.184']],
  [['::/0'], ['2001:db8::1', '::1'], ['192.0.2.1']],
  [['::ffff:10.0.0.0/104'], ['10.9.9.9'], ['11.0.0.1']],
  [['::ffff:10.0.0.1'], ['10.0.0.1'], ['10.0.0.2']],
  [['loopback'], ['127.0.0.1', '127.9.9.9', '::1'], ['128.0.0.1', '::2', '10.0.0.1']],
  [
    ['loopback', 'fd00::/8', '192.0.2.1'],
    ['::1', 'fd12::1', '192.0.2.1'],
    ['fe80::1', '192.0.2.2'],
  ],
] as const)
  test(`${JSON.stringify(entries)} is the set that it says`, () => {
    const set = addressSet(entries) ?? assert.fail();
    for (const address of inside) assert.ok(set.has(address), address);
    for (const address of outside) assert.ok(!set.has(address), address);
  });

test('an entry that is neither an address, a network nor loopback is no set', () => {
  for (const entry of [
    '',
    'localhost',
    'Loopback',
    'proxy.example.com',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '2001:db8::/129',
    '::ffff:10.0.0.0/95',
    '[::1]',
    'fe80::1%eth0',
    'fe80::%eth0/10',
    '10.0.0.1:80',
    '*',
  ]) {
    assert.equal(isAddressEntry(entry), false, entry);
    assert.equal(addressSet(['10.0.0.1', entry]), undefined, entry);
  }
});
