/** Whose address a chain of proxies forwards. The peer is 10.0.0.1, and trusted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressSet } from '../../../src/base/addresses.ts';
import { forwardedClient, type ForwardedHeader } from '../../../src/http/server/forwarded.ts';

const trusted = addressSet(['loopback', '10.0.0.0/8', 'fd00::/8']) ?? assert.fail();
const peer = '10.0.0.1';

const clientOf = (header: ForwardedHeader, sent: readonly (readonly [string, string])[]) =>
  forwardedClient(peer, new Headers(sent.map(([name, value]) => [name, value])), { trusted, header });

const xForwarded = (...lists: readonly string[]) =>
  clientOf(
    'x-forwarded-for',
    lists.map((list) => ['X-Forwarded-For', list]),
  ).address;

const forwarded = (...lists: readonly string[]) =>
  clientOf(
    'forwarded',
    lists.map((list) => ['Forwarded', list]),
  ).address;

/** The same hops in both headers, where both have them. */
const chains: readonly (readonly [what: string, hops: readonly string[], expected: string])[] = [
  ['one client', ['203.0.113.9'], '203.0.113.9'],
  ['a client behind two trusted proxies', ['203.0.113.9', '10.0.0.3', '10.0.0.2'], '203.0.113.9'],
  ['a forged hop on the left', ['198.51.100.1', '203.0.113.9', '10.0.0.2'], '203.0.113.9'],
  ['a forged trusted hop on the left', ['127.0.0.1', '203.0.113.9'], '203.0.113.9'],
  ['a hop that cannot be read, left of the client', ['nonsense', '203.0.113.9'], '203.0.113.9'],
  ['a hop that cannot be read, between proxies', ['203.0.113.9', 'nonsense', '10.0.0.2'], '10.0.0.2'],
  ['a hop that cannot be read, on the right', ['203.0.113.9', 'nonsense'], peer],
  ['an unknown client', ['unknown', '10.0.0.2'], '10.0.0.2'],
  ['a hidden client', ['_hidden', '10.0.0.2'], '10.0.0.2'],
  ['only trusted hops', ['10.9.9.9', '10.0.0.2'], '10.9.9.9'],
  ['an octal address', ['010.0.0.2'], peer],
  ['a host name', ['localhost'], peer],
  ['an IPv4-mapped client', ['::ffff:203.0.113.9'], '203.0.113.9'],
  ['an IPv4-mapped proxy', ['203.0.113.9', '::ffff:10.0.0.2'], '203.0.113.9'],
  ['an IPv6 client in capitals', ['2001:DB8:0:0::1'], '2001:db8::1'],
  ['an IPv6 proxy', ['2001:db8::1', 'fd00::2'], '2001:db8::1'],
  ['an IPv6 client in brackets', ['[2001:db8::1]'], '2001:db8::1'],
  ['an IPv6 client with a port', ['[2001:db8::1]:4711'], '2001:db8::1'],
  ['an IPv4 client with a port', ['203.0.113.9:4711', '10.0.0.2:443'], '203.0.113.9'],
  ['an empty port', ['203.0.113.9:'], peer],
  ['a long port', ['203.0.113.9:123456'], peer],
  ['an IPv4 address in brackets', ['[203.0.113.9]'], peer],
  ['a bracket that stays open', ['[2001:db8::1'], peer],
  ['a client with a zone', ['fe80::1%eth0'], 'fe80::1'],
  ['a zone in brackets with a port', ['[fe80::1%eth0]:80'], 'fe80::1'],
  ['a zone that is none', ['[fe80::1%"\\]'], peer],
  ['1,000 hops', ['203.0.113.9', ...Array.from({ length: 999 }, () => '10.0.0.2')], '203.0.113.9'],
  ['1,000 hops of others', [...Array.from({ length: 999 }, () => '198.51.100.1'), '203.0.113.9'], '203.0.113.9'],
];

for (const [what, hops, expected] of chains)
  test(`${what}: the client is at ${expected}`, () => {
    assert.equal(xForwarded(hops.join(', ')), expected);
    assert.equal(xForwarded(hops.join(',')), expected);
    assert.equal(xForwarded(...hops), expected, 'a header for each hop');
    const elements = hops.map((hop) => `for="${hop.replace(/["\\]/g, '\\$&')}"`);
    assert.equal(forwarded(elements.join(', ')), expected);
    assert.equal(forwarded(...elements), expected, 'a header for each hop');
  });

test('an entry that is empty cannot be read', () => {
  for (const [list, expected] of [
    ['', peer],
    [',', peer],
    ['203.0.113.9,', peer],
    ['203.0.113.9, , 10.0.0.2', '10.0.0.2'],
    [',203.0.113.9', '203.0.113.9'],
    [',10.0.0.2', '10.0.0.2'],
  ] as const)
    assert.equal(xForwarded(list), expected, list);
  for (const [list, expected] of [
    ['', peer],
    ['for=203.0.113.9,', peer],
    ['for=203.0.113.9;, for=10.0.0.2', '10.0.0.2'],
    ['for=, for=10.0.0.2', '10.0.0.2'],
    ['for="", for=10.0.0.2', '10.0.0.2'],
  ] as const)
    assert.equal(forwarded(list), expected, list);
});

test('an X-Forwarded-For with the syntax of the other header is not read', () => {
  for (const list of ['for=203.0.113.9', '"203.0.113.9"', '203.0.113.9;proto=https', '203.0.113.9 203.0.113.8'])
    assert.equal(xForwarded(list), peer, list);
});

for (const [element, expected] of [
  ['for=203.0.113.9', '203.0.113.9'],
  ['For=203.0.113.9;PROTO=https;by=10.0.0.2', '203.0.113.9'],
  ['by=10.0.0.2; for=203.0.113.9 ; host=login.example.com', '203.0.113.9'],
  ['for="203.0.113.\\9"', '203.0.113.9'],
  ['for=203.0.113.9:4711', '203.0.113.9'],
  ['for="203.0.113.9:_port"', '203.0.113.9'],
  ['for=[2001:db8::1]', '2001:db8::1'],
  ['for=unknown', peer],
  ['for=_SEVKISEK', peer],
  ['proto=https;by=203.0.113.9', peer],
  ['for=203.0.113.9;for=203.0.113.8', peer],
  ['for=203.0.113.9;FOR=203.0.113.9', peer],
  ['for = 203.0.113.9', peer],
  ['for:203.0.113.9', peer],
  ['203.0.113.9', peer],
  ['for="203.0.113.9', peer],
  ['for=203.0.113.9"', peer],
  ['for="203.0.113.9"x', peer],
  ["for='203.0.113.9'", peer],
  ['for=203.0.113.9;host="a;b"', peer],
  ['for=203.0.113.9;host="a,b"', peer],
] as const)
  test(`of Forwarded: ${element} the client is at ${expected}`, () => {
    assert.equal(forwarded(element), expected);
  });

test('what a client writes into Forwarded or Host does not hide or change what a proxy adds', () => {
  for (const start of ['for="', 'for="a', '"', '\\', 'for=9.9.9.9;x="', 'for="9.9.9.9\\'])
    assert.equal(forwarded(`${start}, for=203.0.113.9`), '203.0.113.9', start);
  for (const host of ['x,for=9.9.9.9;y=', 'x, for=9.9.9.9', 'x;for=9.9.9.9;y=', 'x\\",for=9.9.9.9;y=\\"'])
    assert.ok(['203.0.113.9', peer].includes(forwarded(`for=203.0.113.9;host="${host}"`)), host);
});

test('only the named header is read', () => {
  const both = [
    ['X-Forwarded-For', '203.0.113.9'],
    ['Forwarded', 'for=198.51.100.1'],
    ['X-Real-IP', '198.51.100.2'],
    ['X-Client-IP', '198.51.100.3'],
    ['True-Client-IP', '198.51.100.4'],
  ] as const;
  assert.equal(clientOf('x-forwarded-for', both).address, '203.0.113.9');
  assert.equal(clientOf('forwarded', both).address, '198.51.100.1');
  assert.equal(clientOf('forwarded', both.slice(0, 1)).address, peer);
  assert.equal(clientOf('x-forwarded-for', both.slice(1)).address, peer);
});

test('the scheme is that of the same hop', () => {
  const schemeOf = (proto: string, list = '203.0.113.9, 10.0.0.2') =>
    clientOf('x-forwarded-for', [
      ['X-Forwarded-For', list],
      ['X-Forwarded-Proto', proto],
      ['Forwarded', 'for=203.0.113.9;proto=http'],
    ]).scheme;
  assert.equal(schemeOf('https'), 'https');
  assert.equal(schemeOf('HTTP'), 'http');
  assert.equal(schemeOf('https, http'), 'https');
  assert.equal(schemeOf('https, http', '203.0.113.9'), 'http');
  assert.equal(schemeOf('ftp'), undefined);
  assert.equal(schemeOf('https', 'unknown'), undefined);
  const proto = (list: string) => clientOf('forwarded', [['Forwarded', list]]).scheme;
  assert.equal(proto('for=203.0.113.9;proto=https, for=10.0.0.2;proto=http'), 'https');
  assert.equal(proto('for=203.0.113.9'), undefined);
});

test('a header of 16 KiB is read in milliseconds', () => {
  for (const part of ['10.0.0.2,', ',', '[', ':', '[:', '"', '\\', ' ', 'for="', ';', 'for=10.0.0.2,', '\t,']) {
    const list = part.repeat(16_384 / part.length);
    const start = performance.now();
    xForwarded(list);
    forwarded(list);
    const spent = performance.now() - start;
    assert.ok(spent < 100, `${part} took ${spent} ms`);
  }
});
