import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { countersign, mainFile, newFolder, type Ended } from '../../kit/process.ts';

describe('the demo', () => {
  const temporary = newFolder();
  let ended: Ended;
  before(async () => {
    // Settings of the server are none of the demo's business, not even a bad one.
    ended = await countersign(['demo'], { env: { TMPDIR: temporary, COUNTERSIGN_PORT: 'x' } });
  });

  test('ends well and by itself', () => {
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
  });

  test('shows every request with its answer, in the order of the story', () => {
    const shown = ended.stdout.match(/^ {3}(?:(?:GET|POST|PUT) \S+|→ \d{3})/gm)?.map((line) => line.trim());
    const story = `
      POST /users → 201
      POST /users/me/secrets → 200
      PUT /users/me/secrets/ID/enroll → 200
      GET /auth/password → 302
      POST /auth/totp → 200
      GET /auth/password → 302
      POST /auth/totp → 401`;
    assert.equal(shown?.join(' ').replace(/[0-9a-f-]{36}/, 'ID'), story.trim().replace(/\s+/g, ' '));
  });

  test('ends with the same code refused', () => {
    const codes = ended.stdout.match(/"token": "\d{6}"/g) ?? [];
    assert.equal(codes.length, 3);
    assert.notEqual(codes[0], codes[1]);
    assert.equal(codes[1], codes[2]);
    assert.match(ended.stdout, /The code is wrong or was already used\.[^]*CommandFailed: every code works once\./);
  });

  test('shows ten recovery codes, and no token whole', () => {
    assert.equal(ended.stdout.match(/"[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}"/g)?.length, 10);
    assert.doesNotMatch(ended.stdout, /eyJ[\w-]+\.[\w-]+\./);
    for (const [, token = ''] of ended.stdout.matchAll(/token=?"?:? ?"?([\w-]{20,})/g)) assert.fail(token);
  });

  test('is plain text where nobody looks at a terminal', () => {
    assert.ok(!ended.stdout.includes('\u001b'));
  });

  test('ends well where its output is not read to the end', async () => {
    const script = '"$0" "$1" demo | head -2; echo "${PIPESTATUS[0]}"';
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script, process.execPath, mainFile], {
      env: { ...process.env, TMPDIR: temporary },
    });
    assert.deepEqual([stdout.trim().split('\n').at(-1), stderr], ['0', '']);
  });

  test('leaves nothing behind', () => {
    assert.deepEqual(readdirSync(temporary), []);
  });
});
