import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { play, readPage, startServer } from '../../kit/transcript.ts';
import { shownAs } from '../../kit/shown-answer.ts';
import { skipWithoutPrograms } from '../../kit/programs.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const [section = ''] = /^## A first login in two minutes$[^]*?(?=^## )/m.exec(readme) ?? [];
const page = readPage(section);
const reason = skipWithoutPrograms();
const skip = reason !== undefined && reason;

/** Half a minute passes between one code and the next. */
const reader = `
echo 0 > "$HOME/steps"
oathtool() { command oathtool "$@" -N "$(cat "$HOME/steps") seconds"; echo 30 > "$HOME/steps"; }
`;

test('the first login of the README can be pasted', { skip }, async () => {
  await using server = await startServer(page.settings);
  const commands = page.steps.map(({ command }) => command);
  const printed = await play([reader, ...commands], server.url);
  const answers = printed.slice(1).map((answer) => answer.trim());

  const [registered = '', secret = '', enrolled = '', asked = '', loggedIn = ''] = answers;
  assert.equal(answers.length, 5);
  assert.match(registered, /"name":"alice".*"token":"eyJ/);
  assert.match(secret, /"otpauth_url":"otpauth:\/\/totp\//);
  assert.match(enrolled, /^\{"codes":\["[0-9a-z-]{19}"(,"[0-9a-z-]{19}"){9}\],"token":"eyJ[^"]+"\}$/);
  for (const [at, { shown }] of page.steps.entries()) {
    if (shown !== '') assert.equal(shownAs(answers[at] ?? '', server.url), shown);
  }
  assert.match(asked, /"mfa_required":true/);
  assert.match(loggedIn, /^\{"token":"eyJ/);
});

test('a command of the README has no comment, which zsh would take for arguments', () => {
  const commands = [...readme.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, command]) => command ?? '');
  assert.deepEqual(
    commands.filter((command) => /(?:^|\s)#/m.test(command)),
    [],
  );
});
