import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { play, readPage, startServer } from '../../kit/transcript.ts';
import { skipWithoutPrograms } from '../../kit/programs.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const [section = ''] = /^## A first login in two minutes$[^]*?(?=^## )/m.exec(readme) ?? [];
const page = readPage(section);
const reason = skipWithoutPrograms();
const skip = reason !== undefined && reason;

/**
 * The reader's eyes and hands: the last answer is kept, and values are taken from it; half a minute passes between one code
 * and the next.
 */
const reader = `
curl() { command curl "$@" | tee answer; echo; }
member() { sed 's/.*"'"$1"'":"\\([^"]*\\)".*/\\1/' answer; }
echo 0 > steps
oathtool() { command oathtool "$@" -N "$(cat steps) seconds"; echo 30 > steps; }
`;

/** What the README leaves to the reader to fill in. */
const elided: readonly (readonly [string, string])[] = [
  ['TOKEN=eyJ…', 'TOKEN=$(member token)'],
  ['SECRET=01a2…; SEED=JBSW…', 'SECRET=$(member uid); SEED=$(member secret)'],
  ['\\"challenge_token\\": \\"…\\"', '\\"challenge_token\\": \\"$(member challenge_token)\\"'],
];

test('the first login of the README can be pasted', { skip }, async () => {
  await using server = await startServer(page.settings);
  const commands = page.steps.map(({ command }) => filledIn(command));
  const printed = await play([reader, ...commands], server.url);
  const answers = printed.slice(1).map((answer) => answer.trim());

  const [registered = '', secret = '', enrolled = '', asked = '', loggedIn = ''] = answers;
  assert.equal(answers.length, 5);
  assert.match(registered, /"name":"alice".*"token":"eyJ/);
  assert.match(secret, /"otpauth_url":"otpauth:\/\/totp\//);
  assert.match(enrolled, /^\{"codes":\["[0-9a-z-]{19}"(,"[0-9a-z-]{19}"){9}\]\}$/);
  const said = page.steps.flatMap(({ command }) => /^# (.*)$/m.exec(command)?.[1] ?? []);
  const short = (text: string) =>
    text.replace(/"eyJ[^"]+"/, '"eyJ…"').replace(/("(?:challenge_token|id)":)"[^"]+"/g, '$1"…"');
  assert.deepEqual([asked, loggedIn].map(short), said);
});

/** Every `…` outside of a comment must be one that the reader knows what to do with. */
function filledIn(command: string): string {
  const filled = elided.reduce((text, [left, instead]) => text.replace(left, instead), command.replace(/^#.*$/gm, ''));
  assert.doesNotMatch(filled, /…/);
  return filled;
}
