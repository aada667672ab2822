import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback, networkOf } from '../../src/base/network.ts';

const cases = [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8::5:6:7:8:9', '2001:db8:0:5::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
] as const;

for (const [ip, network] of cases) {
  test(`a client at ${ip || 'no address'} is counted as ${network || 'none'}`, () =>
    assert.equal(networkOf(ip), network));
}

test('this machine is localhost, an address that begins with 127, or ::1', () => {
  for (const [text, is] of [
    ['http://localhost:8000', true],
    ['http://127.0.0.1', true],
    ['http://127.1.2.3', true],
    ['http://[::1]:8000', true],
    ['http://localhost.example', false],
    ['http://127.0.0.1.example', false],
    ['http://[::2]', false],
  ] as const)
    assert.equal(isLoopback(new URL(text).hostname), is, text);
  assert.equal(isLoopback('::1'), true);
});
