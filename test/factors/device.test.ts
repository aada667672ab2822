import assert from 'node:assert/strict';
import { test } from 'node:test';
import { device } from '../../src/factors/device.ts';
import { enrolled, help, verify, yes } from './help.ts';

const enrol = async (secret: string) => yes(await enrolled(device, { secret }));

const taken = {
  'of 16 bytes': '0123456789abcdef',
  'of 1,024 bytes': '0123456789abcdef'.repeat(64),
  'of four letters with 16 bytes': '🗝🔑🗝🔑',
  'with NUL': '0123456789abcdef\0g',
};

for (const [what, secret] of Object.entries(taken)) {
  test(`a device secret ${what} is taken and then right`, async () => {
    const { state } = await enrol(secret);
    assert.equal((await verify(device, state, secret, help())).ok, true);
  });
}

const refused = {
  'of 15 bytes': '0123456789abcde',
  'of 1,025 bytes': `${'0123456789abcdef'.repeat(64)}g`,
  'of 1,025 bytes in 513 letters': `${'é'.repeat(512)}g`,
  // All halves have the same bytes, so one would be as good as another.
  'with half a surrogate pair': '0123456789abcdef\udc00',
};

for (const [what, secret] of Object.entries(refused)) {
  test(`a device secret ${what} is refused, new and as a reply`, () => {
    assert.equal(device.enroll?.input.safeParse({ secret }).success, false);
    assert.equal(device.read(secret), undefined);
  });
}

for (const reply of ['0123456789abcdeF', '0123456789abcdef ', '0123456789abcdef\0', ' 0123456789abcdef']) {
  test(`${JSON.stringify(reply)} is wrong for "0123456789abcdef"`, async () => {
    const { state } = await enrol('0123456789abcdef');
    assert.deepEqual(await verify(device, state, reply, help()), { ok: false, reason: 'wrong' });
  });
}

test('a device secret is not shown again', async () => {
  assert.deepEqual((await enrol('0123456789abcdef')).shown, {});
});
