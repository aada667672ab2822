import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { comparableName, isPlainText } from '../../src/base/text.ts';

const same: Record<string, [string, string]> = {
  'in capitals': ['alice', 'ALICE'],
  'in capitals beyond ASCII': ['çağla', 'ÇAĞLA'],
  'in full-width letters': ['alice', 'Ａｌｉｃｅ'],
  'with a ligature': ['fiona', 'ﬁona'],
  'with an accent of its own': ['zoé', 'zoe\u0301'],
  'in mathematical letters': ['alice', '𝐀𝐋𝐈𝐂𝐄'],
  'with an accent behind something invisible': ['zoé', 'zoe\u200b\u0301'],
  'with an invisible selector': ['alice', 'alice\ufe0f'],
  'with an invisible space': ['alice', 'ali\u200bce'],
};

for (const [how, [name, other]] of Object.entries(same)) {
  test(`a name written ${how} is the same name`, () => {
    assert.equal(comparableName(other), comparableName(name));
  });
}

const different: Record<string, [string, string]> = {
  'an accent': ['zoe', 'zoé'],
  'a space': ['ann lee', 'annlee'],
  'a letter of another script': ['alice', '\u0430lice'],
};

for (const [what, [name, other]] of Object.entries(different)) {
  test(`names that differ by ${what} are two names`, () => {
    assert.notEqual(comparableName(other), comparableName(name));
  });
}

test('the form in which names are compared is its own', () => {
  const character = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code));
  fc.assert(
    fc.property(fc.string({ unit: character }), (name) => {
      assert.equal(comparableName(comparableName(name)), comparableName(name));
    }),
  );
});

const plain = {
  'a name': 'Alice',
  'many scripts': 'Zoë Łukasz Ольга 山田 عمر',
  emoji: 'key 🔑 and heart ❤️',
  'a right-to-left name': 'שרה',
  nothing: '',
};

for (const [what, text] of Object.entries(plain)) {
  test(`${what} is plain text`, () => {
    assert.equal(isPlainText(text), true);
  });
}

const notPlain = {
  NUL: 'a\0b',
  'a line break': 'a\nb',
  'an escape': 'a\u001b[2Jb',
  'a control of Latin-1': 'a\u0085b',
  'a line separator': 'a\u2028b',
  'a paragraph separator': 'a\u2029b',
  'a zero-width space': 'a\u200bb',
  'a zero-width joiner': 'a\u200db',
  'a byte order mark': '\ufeffa',
  'a soft hyphen': 'a\u00adb',
  'a change of direction': 'a\u202eb',
  'a Hangul filler': 'a\u3164',
  'a combining grapheme joiner': 'a\u034fb',
  'a high surrogate alone': 'a\ud800b',
  'a low surrogate alone': 'a\udc00b',
  'surrogates in the wrong order': 'a\udc00\ud800b',
  'a private character': 'a\ue000b',
  'a tag character': 'a\u{e0041}b',
};

for (const [what, text] of Object.entries(notPlain)) {
  test(`text with ${what} is not plain`, () => {
    assert.equal(isPlainText(text), false);
  });
}

test('a text that is longer than any name is compared as it is, for its marks would take long to order', () => {
  const longest = 'Á'.repeat(254);
  assert.equal(comparableName(longest), 'á'.repeat(254));
  assert.equal(comparableName(`${longest}Á`), `${longest}Á`);
});
