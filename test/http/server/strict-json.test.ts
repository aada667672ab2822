import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseStrictJson } from '../../../src/http/server/strict-json.ts';

const parse = (text: string | Uint8Array) => parseStrictJson(Buffer.from(text));

function assertRefused(text: string | Uint8Array, detail: RegExp): void {
  const parsed = parse(text);
  assert.equal(parsed.ok, false, String(text));
  assert.match(parsed.ok ? '' : parsed.detail, detail);
}

/** Some of JSONTestSuite's kinds of what is no JSON. */
const malformed = {
  nothing: '',
  'white space only': ' \n',
  'half an object': '{"a":1',
  'a trailing comma': '{"a":1,}',
  'a text after the value': '{"a":1}x',
  'two values': '{}{}',
  'a comment': '{"a":1/* */}',
  'single quotes': "{'a':1}",
  'a member without quotes': '{a:1}',
  'a raw line break in a string': '{"a":"\n"}',
  'an unknown escape': '{"a":"\\x41"}',
  'a hexadecimal number': '{"a":0x10}',
  'not a number': '{"a":NaN}',
  'an infinite number': '{"a":Infinity}',
  'a plus sign': '{"a":+1}',
  'a point without digits': '{"a":1.}',
  'a form': 'a=1&b=2',
  'a byte order mark': '\uFEFF{}',
};

for (const [what, text] of Object.entries(malformed)) {
  test(`${what} is no JSON`, () => {
    assertRefused(text, /^The body is not valid JSON\.$/);
  });
}

test('a number with a leading zero, as seed 002 shows it, is no JSON, and the error says what to send', () => {
  assertRefused('{"token": 021589,}', /send a code as a string, such as "021589"\.$/);
  assertRefused('{"token":021589}', /send a code as a string, such as "021589"\.$/);
});

const notUtf8 = {
  'a lone continuation byte': [0x22, 0x80, 0x22],
  'an overlong form': [0x22, 0xc0, 0xaf, 0x22],
  'half of a surrogate pair': [0x22, 0xed, 0xa0, 0x80, 0x22],
  'a character that is cut off': [0x22, 0xe2, 0x82, 0x22],
  'a character beyond U+10FFFF': [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22],
  'UTF-16': [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00],
};

for (const [what, bytes] of Object.entries(notUtf8)) {
  test(`${what} is not UTF-8`, () => {
    assertRefused(new Uint8Array(bytes), /^The body is not valid UTF-8\.$/);
  });
}

const twice = {
  'as it stands': ['{"a":1,"a":1}', 'a'],
  'with other members between': ['{"a":1,"b":{"a":1},"c":[{"a":1}],"a":2}', 'a'],
  'spelled with an escape': ['{"password":1,"p\\u0061ssword":2}', 'password'],
  'spelled with other escapes': ['{"/":1,"\\/":2}', '/'],
  'in an object inside': ['{"x":[{"y":{"a":1,"a":2}}]}', 'a'],
  'after an object inside has ended': ['{"a":{"b":1},"c":{"b":1},"a":3}', 'a'],
  'without a name': ['{"":1,"":2}', ''],
  'that is called __proto__': ['{"__proto__":1,"__proto__":2}', '__proto__'],
  'with white space before its colon': ['{"a" :1,"a"\n\t:2}', 'a'],
  'beyond the Basic Multilingual Plane': ['{"😀":1,"\\ud83d\\ude00":2}', '😀'],
} as const;

for (const [how, [text, name]] of Object.entries(twice)) {
  test(`a member that stands twice is refused and named: ${how}`, () => {
    const said = parse(text);
    assert.deepEqual(said, {
      ok: false,
      detail: `The member ${JSON.stringify(name)} appears more than once in one object.`,
    });
  });
}

test('the same member in different objects, and as a value, is no repetition', () => {
  for (const text of [
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"a":["a","a"],"b":"a"}',
    '{"a":{"b":1},"b":1}',
    '{"a":1,"A":1,"\\u00e9":1,"e\\u0301":1}',
    '{"a":"\\"a\\":1,\\"a\\":","b":"{\\"b\\":{"}',
  ]) {
    assert.deepEqual(parse(text), { ok: true, value: JSON.parse(text) as unknown });
  }
});

test('half of a surrogate pair is refused, in a value and in the name of a member', () => {
  for (const text of [
    '"\\ud800"',
    '{"a":["\\udc00 after"]}',
    '{"\\ud800":1}',
    '"\\ud800\\ud800\\udc00"',
    '"\\udc00\\ud800"',
  ]) {
    assertRefused(text, /half of a surrogate pair/);
  }
  assert.deepEqual(parse('"\\ud83d\\ude00"'), { ok: true, value: '😀' });
});

const nested = {
  arrays: (depth: number) => '['.repeat(depth) + ']'.repeat(depth),
  objects: (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`,
  both: (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`,
};

for (const [what, text] of Object.entries(nested)) {
  test(`${what} may nest 32 levels and no more`, () => {
    assert.equal(parse(text(32)).ok, true);
    assertRefused(text(34), /nests deeper than 32 levels/);
  });
}

test('32 levels are deep enough and 33 are too deep', () => {
  assert.equal(parse(nested.arrays(32)).ok, true);
  assertRefused(nested.arrays(33), /nests deeper/);
});

test('levels that stand beside each other do not add up', () => {
  assert.equal(parse(`[${Array.from({ length: 100 }, () => nested.arrays(31)).join()}]`).ok, true);
});

test('brackets inside a string are no levels', () => {
  assert.equal(parse(JSON.stringify(['['.repeat(100), '\\"{'.repeat(100)])).ok, true);
});

test('as deep and as long as a body can be is answered, not a fault', () => {
  assertRefused(nested.arrays(32_000), /nests deeper/);
  assert.equal(parse(JSON.stringify('\\"'.repeat(16_000))).ok, true);
  assert.equal(parse(JSON.stringify({ ['a'.repeat(60_000)]: 1 })).ok, true);
});

test('a member called __proto__ is a member like any other and changes no prototype', () => {
  const parsed = parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}');
  assert.ok(parsed.ok);
  assert.deepEqual(Object.keys(parsed.value as object), ['__proto__', 'constructor']);
  assert.equal(Object.getPrototypeOf(parsed.value), Object.prototype);
  assert.equal(({} as { admin?: boolean }).admin, undefined);
});

const json = fc.json({ depthSize: 'small' });
/** Texts that are near to JSON: tokens in any order. */
const tokens = fc
  .array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '"\\u0061"',
      '"\\ud800"',
      '1',
      '-0',
      '1e400',
      'null',
      ' ',
      '\n',
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

test('what is accepted is what JSON.parse reads, whatever the text', () => {
  fc.assert(
    fc.property(fc.oneof(json, tokens, fc.string({ unit: 'binary' })), (text) => {
      const parsed = parse(text);
      if (parsed.ok) assert.deepEqual(parsed.value, JSON.parse(Buffer.from(text).toString()));
    }),
    { numRuns: 1000 },
  );
});

test('what JSON.stringify writes is accepted, unless it is too deep', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 20, stringUnit: 'grapheme' }), (value) => {
      const text = JSON.stringify(value);
      assert.deepEqual(parse(text), { ok: true, value: JSON.parse(text) as unknown });
    }),
  );
});

test('what is refused as JSON is what JSON.parse refuses', () => {
  fc.assert(
    fc.property(fc.oneof(json, tokens), (text) => {
      const parsed = parse(text);
      if (!parsed.ok && parsed.detail.startsWith('The body is not valid JSON')) assert.throws(() => JSON.parse(text));
    }),
    { numRuns: 1000 },
  );
});

test('bytes are never a fault', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => assert.equal(typeof parse(bytes).ok, 'boolean')));
});
