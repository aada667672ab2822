import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factorOf, factors, isKind } from '../../src/factors/registry.ts';

test('every factor stands in the list under its own name', () => {
  for (const [name, factor] of Object.entries(factors)) {
    assert.equal(factor.kind, name);
    assert.equal(factorOf(name), factor);
  }
});

test('a factor that this program does not know is a fault', () => {
  assert.throws(() => factorOf('retina'), /no factor is called retina/);
});

for (const name of ['', 'Totp', 'constructor', 'toString', '__proto__', 'hasOwnProperty']) {
  test(`${name || 'nothing'} is the name of no factor`, () => {
    assert.equal(isKind(name), false);
  });
}
