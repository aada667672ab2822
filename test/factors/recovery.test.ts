import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recovery, recoveryState } from '../../src/factors/recovery.ts';
import { enrolled, help, stateAfter, sendAll, yes } from './help.ts';

const kept = (state: unknown) => recoveryState.parse(state).codes;

async function enrol() {
  const { state, shown } = yes(await enrolled(recovery, {}));
  assert.ok(Array.isArray(shown.codes));
  return { state, codes: shown.codes.map(String) };
}

/** A code in which every letter and digit of interest stands. */
async function enrolWith(bytes: string) {
  const random = { bytes: (length: number) => Buffer.from(bytes, 'hex').subarray(0, length) };
  return yes(await enrolled(recovery, {}, { ...help(), random }));
}

const sendOne = async (state: unknown, reply: unknown) => (await sendAll(recovery, state, [{ reply }]))[0];

test('there are ten codes, and no two are the same', async () => {
  const { codes } = await enrol();
  assert.equal(new Set(codes).size, 10);
});

test('codes are of Crockford base32, in groups that can be read aloud', async () => {
  const { codes } = await enrol();
  for (const code of codes) assert.match(code, /^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/);
});

test('nobody gets the codes of somebody else', async () => {
  const [alice, bob] = [await enrol(), await enrol()];
  assert.equal(new Set([...alice.codes, ...bob.codes]).size, 20);
});

test('a code says all of its 80 bits', async () => {
  // 0 to 15 and 16 to 31, five bits each: the whole alphabet.
  const [low, high] = [await enrolWith('00443214c74254b635cf'), await enrolWith('84653a56d7c675be77df')];
  assert.deepEqual(low.shown.codes, Array(10).fill('0123-4567-89ab-cdef'));
  assert.deepEqual(high.shown.codes, Array(10).fill('ghjk-mnpq-rstv-wxyz'));
});

test('each code is taken once, in any order', async () => {
  const { state, codes } = await enrol();
  const replies = codes.map((reply) => ({ reply }));
  const ends = await sendAll(recovery, state, [...replies.toReversed(), ...replies]);
  assert.deepEqual(ends.slice(0, 10), Array(10).fill('accepted'));
  assert.deepEqual(ends.slice(10), Array(10).fill('wrong'));
});

test('a used code is gone from the state, and the others are left', async () => {
  const { state, codes } = await enrol();
  const next = await stateAfter(recovery, state, codes[3], help());
  assert.deepEqual(kept(next), kept(state).toSpliced(3, 1));
});

test('when all are used, none is right', async () => {
  const { codes } = await enrol();
  assert.equal(await sendOne({ codes: [] }, codes[0]), 'wrong');
});

for (const [what, spelling] of Object.entries({
  'as it was shown': '0123-4567-89ab-cdef',
  'in capitals': '0123-4567-89AB-CDEF',
  'without hyphens': '0123456789abcdef',
  'with spaces': '  0123 4567 89ab cdef ',
  'in other groups': '01-23456-789abc-def',
  'with an o for 0': 'o123-4567-89ab-cdef',
  'with an O for 0': 'O123-4567-89ab-cdef',
  'with an i for 1': '0i23-4567-89ab-cdef',
  'with an I for 1': '0I23-4567-89ab-cdef',
  'with an l for 1': '0l23-4567-89ab-cdef',
  'with an L for 1': '0L23-4567-89ab-cdef',
})) {
  test(`a code may be typed ${what}`, async () => {
    const { state } = await enrolWith('00443214c74254b635cf');
    assert.equal(await sendOne(state, spelling), 'accepted');
  });
}

test('every o, i and l is read as the digit it looks like', async () => {
  const { state } = await enrolWith('00000000000842108421');
  assert.equal(await sendOne(state, 'oOoO-oOoO-iIlL-iIlL'), 'accepted');
});

test('a code that was used is refused in every other spelling', async () => {
  const { state } = await enrolWith('00443214c74254b635cf');
  const replies = ['0123-4567-89ab-cdef', 'OI23456789ABCDEF', 'ol23 4567 89ab cdef'].map((reply) => ({ reply }));
  assert.deepEqual(await sendAll(recovery, state, replies), ['accepted', 'wrong', 'wrong']);
});

test('a code spread over more than 64 characters is none', () => {
  assert.equal(recovery.read(`01234567${' '.repeat(48)}89abcdef`) !== undefined, true);
  assert.equal(recovery.read(`01234567${' '.repeat(49)}89abcdef`), undefined);
});

test("the codes of somebody else's are refused, every one", async () => {
  const [alice, bob] = [await enrol(), await enrol()];
  const ends = await sendAll(
    recovery,
    alice.state,
    bob.codes.map((reply) => ({ reply })),
  );
  assert.deepEqual(ends, Array(10).fill('wrong'));
});
