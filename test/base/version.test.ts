import assert from 'node:assert/strict';
import { test } from 'node:test';
import { version } from '../../src/base/version.ts';
import manifest from '../../package.json' with { type: 'json' };

test('the program tells the version of its package', () => {
  assert.equal(version, manifest.version);
});
