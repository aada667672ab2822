import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergePatch, type Members } from '../../src/base/merge-patch.ts';

/** RFC 7396 appendix A, as far as both are objects. */
const cases: readonly (readonly [target: string, patch: string, result: string])[] = [
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', '{}'],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
];

for (const [target, patch, result] of cases) {
  test(`${patch} makes ${result} of ${target}`, () => {
    const merged = mergePatch(JSON.parse(target) as Members, JSON.parse(patch) as Members);
    assert.deepEqual(merged, JSON.parse(result));
  });
}

test('a member called __proto__ is a member, and changes no prototype', () => {
  const merged = mergePatch({}, JSON.parse('{"__proto__":{"enabled":true}}') as Members);
  assert.deepEqual(Object.keys(merged), ['__proto__']);
  assert.equal(merged['enabled'], undefined);
  assert.equal(Object.getPrototypeOf(merged), Object.prototype);
});
