import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { createCountersign } from '../../src/countersign.ts';
import { cheapCost } from '../../kit/hasher.ts';
import { inheritedEnvironment, mainFile, newFolder } from '../../kit/process.ts';

/** util-linux's `script` gives a command a terminal of its own. */
const skip = spawnSync('script', ['--version']).status !== 0 && 'there is no `script` from util-linux';

describe('at a terminal', { skip, concurrency: 3 }, () => {
  let folder: string;
  before(async () => {
    folder = newFolder();
    const [database, keysFile] = [
      `sqlite:${join(folder, 'data', 'countersign.db')}`,
      join(folder, 'data', 'keys.json'),
    ];
    const options = await createCountersign({ database, keysFile, url: 'http://localhost', hashCost: cheapCost });
    await options.close();
  });

  const typed = (command: string, answers: Answers, env = {}) => atTerminal(folder, command, answers, env);

  test('a password is asked for twice and never shown', async () => {
    const { code, screen } = await typed('user add ada', [
      ['New password (not shown): ', 'correct horse\r'],
      ['Repeat it: ', 'correct horse\r'],
    ]);
    assert.match(screen, /created the user ada/);
    assert.doesNotMatch(screen, /correct|horse/);
    assert.equal(code, 0);
  });

  test('both may be pasted at once', async () => {
    const { code, screen } = await typed('user add bea', [['not shown): ', 'correct horse\rcorrect horse\r']]);
    assert.match(screen, /created the user bea/);
    assert.equal(code, 0);
  });

  test('two passwords that differ change nothing', async () => {
    const { code, screen } = await typed('user password admin', [
      ['not shown): ', 'correct horse\r'],
      ['Repeat it: ', 'correct house\r'],
    ]);
    assert.match(screen, /countersign: the two passwords differ\r\n$/);
    assert.equal(code, 2);
  });

  for (const [name, key] of [
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ] as const) {
    test(`${name} in the place of a password changes nothing`, async () => {
      const { code, screen } = await typed('user password admin', [['not shown): ', key]]);
      assert.match(screen, /countersign: stopped: nothing was changed\r\n$/);
      assert.equal(code, 1);
    });
  }

  test('taking a second factor away is asked about by name, and done on yes only', async () => {
    const question = 'Remove all second factors and recovery codes of admin and end their sessions? [y/N] ';
    const [yes, nothing] = await Promise.all(
      ['y\r', '\r'].map((answer) => typed('user disable-mfa ADMIN', [[question, answer]])),
    );
    assert.match(yes?.screen ?? '', /no longer has a second factor/);
    assert.equal(yes?.code, 0);
    assert.match(nothing?.screen ?? '', /countersign: nothing was changed\r\n$/);
    assert.equal(nothing?.code, 1);
  });

  test('a bar shows how far resealing is, and is gone at the end', async () => {
    const own = newFolder();
    cpSync(folder, own, { recursive: true });
    await atTerminal(own, 'keys rotate', [], {});
    const file = join(own, 'data', 'keys.json');
    const past = '"active_from": "2026-01-01T00:00:00.000Z"';
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/"active_from": "[^"]*"/g, past));
    const { code, screen } = await atTerminal(own, 'keys reseal', [], {});
    assert.equal(code, 0);
    assert.match(screen, /\r\[#+\.*\] +\d+% resealed \d values/);
    assert.match(screen.split('\r\u001b[K').at(-1) ?? '', /^sealed \d values with the key \S+\r\n$/);
  });

  test('the demo is in colour, and plain where NO_COLOR is set', async () => {
    const [colour, plain] = await Promise.all([typed('demo', []), typed('demo', [], { NO_COLOR: '1' })]);
    assert.deepEqual([colour.code, colour.screen.includes('\u001b[')], [0, true]);
    assert.deepEqual([plain.code, plain.screen.includes('\u001b[')], [0, false]);
  });
});

type Answers = readonly (readonly [question: string, answer: string])[];

/** Runs a command in a terminal, and types each answer once its question stands there. */
async function atTerminal(folder: string, command: string, answers: Answers, env: Readonly<Record<string, string>>) {
  const line = `'${process.execPath}' '${mainFile}' ${command}`;
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    cwd: folder,
    env: { ...inheritedEnvironment, TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  const left = [...answers];
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
    const [next] = left;
    if (!next || !screen.includes(next[0])) return;
    left.shift();
    child.stdin.write(next[1]);
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, screen };
}
