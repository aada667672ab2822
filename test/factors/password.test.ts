import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash } from '@node-rs/argon2';
import { createHasher } from '../../src/base/hasher.ts';
import { password } from '../../src/factors/password.ts';
import { cheapCost, cheapHasher } from '../../kit/hasher.ts';
import { enrolled, help, noon, stateAfter, verify, yes } from './help.ts';

const begin = (secret: string, name = 'alice') => enrolled(password, { secret }, help(noon, name));
const accepted = async (state: unknown, reply: string) => (await verify(password, state, reply, help())).ok;

const taken = {
  'of 8 bytes': 'kq7#vX2p',
  'of 1,024 bytes': 'kq7#vX2p'.repeat(128),
  'of two letters with eight bytes': '🗝🔑',
  'of 1,024 bytes in 256 letters': '🗝🔑'.repeat(128),
  'of spaces and a letter': '        q',
  'with NUL': 'kq7#\0vX2p',
  'with line breaks and controls': 'kq7#\r\n\t\u001bvX2p',
  'with invisible characters': 'kq7#\u200b\ufeffvX2p',
  'in another script': 'правильная лошадь',
  'of small letters only': 'correcthorsebatterystaple',
};

for (const [what, secret] of Object.entries(taken)) {
  test(`a password ${what} is taken and then right`, async () => {
    const { state } = yes(await begin(secret));
    assert.equal(await accepted(state, secret), true);
  });
}

const tooShortOrLong = {
  empty: '',
  'of 7 bytes': 'kq7#vX2',
  'of 7 bytes in three letters': '🗝é2',
  'of 1,025 bytes': `${'kq7#vX2p'.repeat(128)}!`,
  'of 1,025 bytes in 513 letters': `${'é'.repeat(512)}!`,
};

for (const [what, secret] of Object.entries(tooShortOrLong)) {
  test(`a new password ${what} is refused`, async () => {
    assert.deepEqual(await begin(secret), { ok: false, reason: 'malformed_input' });
  });
}

// All halves have the same bytes, so one would be as good as another.
test('a new password with half a surrogate pair is refused', async () => {
  assert.deepEqual(await begin('kq7#vX2p\ud800'), { ok: false, reason: 'malformed_input' });
});

for (const secret of ['password', 'Password', '12345678', 'PASSWORD1', 'iloveyou']) {
  test(`the common password ${secret} is refused`, async () => {
    assert.deepEqual(await begin(secret), { ok: false, reason: 'password_too_common' });
  });
}

for (const [name, secret] of [
  ['alice.liddell', 'alice.liddell'],
  ['alice.liddell', 'ALICE.Liddell'],
  ['alice.liddell', 'ａｌｉｃｅ.liddell'],
  ['Zoë Müller', 'zoe\u0308 mu\u0308ller'],
] as const) {
  test(`${secret} is no password for ${name}`, async () => {
    assert.deepEqual(await begin(secret, name), { ok: false, reason: 'password_is_name' });
  });
}

test('a password that contains the name is not the name', async () => {
  assert.equal((await begin('alice.liddell!', 'alice.liddell')).ok, true);
});

for (const reply of ['', 'x', 'correct horsE', 'correct horse ', 'correct hors', 'correct horse\0']) {
  test(`${JSON.stringify(reply)} is wrong for "correct horse"`, async () => {
    const { state } = yes(await begin('correct horse'));
    assert.deepEqual(await verify(password, state, reply, help()), { ok: false, reason: 'wrong' });
  });
}

test('the last of many bytes counts', async () => {
  const { state } = yes(await begin(`${'kq7#vX2p'.repeat(127)}kq7#vX2p`));
  assert.equal(await accepted(state, `${'kq7#vX2p'.repeat(127)}kq7#vX2q`), false);
});

test('a letter typed as one or as letter and accent is the same', async () => {
  const [composed, decomposed] = ['Zürich-Äpfel', 'Zu\u0308rich-A\u0308pfel'];
  assert.equal(await accepted(yes(await begin(composed)).state, decomposed), true);
  assert.equal(await accepted(yes(await begin(decomposed)).state, composed), true);
});

test('a letter of another width is another letter', async () => {
  const { state } = yes(await begin('correct horse'));
  assert.equal(await accepted(state, 'ｃorrect horse'), false);
});

test('a reply of more than 1,024 bytes is malformed, not wrong', () => {
  assert.equal(password.read('é'.repeat(512)) !== undefined, true);
  assert.equal(password.read(`${'é'.repeat(512)}!`), undefined);
});

test('a password stays as it is kept while the costs do', async () => {
  const { state } = yes(await begin('correct horse'));
  assert.equal(await stateAfter(password, state, 'correct horse', help()), state);
});

for (const [what, cost] of Object.entries({
  'more memory': { ...cheapCost, memory: 128 },
  'more passes': { ...cheapCost, passes: 2 },
  'more lanes': { ...cheapCost, memory: 128, lanes: 2 },
})) {
  test(`a password is hashed anew at its next login when hashing takes ${what}`, async () => {
    const { state } = yes(await begin('correct horse'));
    const later = { ...help(), hasher: createHasher(cost) };
    const next = await stateAfter(password, state, 'correct horse', later);
    assert.match(JSON.stringify(next), new RegExp(`m=${cost.memory},t=${cost.passes},p=${cost.lanes}`));
    assert.equal(await stateAfter(password, next, 'correct horse', later), next);
    assert.equal((await verify(password, next, 'wrong horse', later)).ok, false);
  });
}

test('a password that is hashed anew is the same in both forms of its letters', async () => {
  const { state } = yes(await begin('Zürich-Äpfel'));
  const later = { ...help(), hasher: createHasher({ ...cheapCost, passes: 2 }) };
  const next = await stateAfter(password, state, 'Zu\u0308rich-A\u0308pfel', later);
  assert.equal(await accepted(next, 'Zürich-Äpfel'), true);
});

test('a password kept with another algorithm is hashed anew', async () => {
  const argon2i = {
    algorithm: 1,
    memoryCost: cheapCost.memory,
    timeCost: cheapCost.passes,
    parallelism: cheapCost.lanes,
  };
  const state = { hash: await hash('correct horse', argon2i) };
  assert.match(state.hash, /^\$argon2i\$/);
  assert.match(JSON.stringify(await stateAfter(password, state, 'correct horse', help())), /\$argon2id\$/);
});

test('a wrong password is not hashed anew', async () => {
  const { state } = yes(await begin('correct horse'));
  const hasher = { ...createHasher({ ...cheapCost, passes: 2 }), hash: () => assert.fail('hashed') };
  assert.equal((await verify(password, state, 'wrong horse', { ...help(), hasher })).ok, false);
});

test('a hash that cannot be read is a fault, not a wrong password', async () => {
  await assert.rejects(verify(password, { hash: 'correct horse' }, 'correct horse', help()));
});

test('who has no password costs one hash, as who has one', async () => {
  const hashed: string[] = [];
  const hasher = cheapHasher();
  const counting = { ...hasher, hash: (secret: string) => (hashed.push(secret), hasher.hash(secret)) };
  await password.read('correct horse')?.decoy({ ...help(), hasher: counting });
  assert.deepEqual(hashed, ['correct horse']);
});
