import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { backup, backupShown } from '../../src/factors/backup.ts';
import { enrolled, help, verify, yes } from './help.ts';

describe('a backup code', () => {
  test('has 48 bits in twelve characters, and may be typed in small letters, with spaces and dashes', async () => {
    const begun = yes(await enrolled(backup, {}));
    const { code } = backupShown.parse(begun.shown);
    assert.match(code, /^[0-9A-F]{12}$/);
    const groups = code.match(/.{4}/g) ?? [];
    for (const typed of [code, code.toLowerCase(), groups.join('-'), groups.join(' '), ` ${code} `]) {
      assert.equal((await verify(backup, begun.state, typed, help())).ok, true, typed);
    }
  });
});
