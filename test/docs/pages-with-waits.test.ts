import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readPage, withAnswers } from '../../kit/transcript.ts';
import { playPage } from './page-with-waits.ts';
import { skipWithoutPrograms } from '../../kit/programs.ts';

const reason = skipWithoutPrograms();
const skip = reason !== undefined && reason;

/** Doors of which a page shows every route. */
const doors: Readonly<Record<string, RegExp>> = { accounts: /^\/v2(?:\/|$)/ };

for (const name of ['mfa-by-sms', 'self-service', 'accounts', 'challenges']) {
  test(`every answer in docs/${name}.md is what the server answers`, { skip }, async () => {
    const markdown = readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
    const page = readPage(markdown);
    assert.ok(page.steps.length > 5);
    const { answers, unasked } = await playPage(page);
    for (const [at, { command, line, shown }] of page.steps.entries()) {
      const about = `docs/${name}.md:${line} (node test/docs/page-with-waits.ts docs/${name}.md writes its answers anew)\n${command}\n`;
      assert.equal(about + answers[at], about + shown);
    }
    assert.equal(withAnswers(markdown, page.steps, answers), markdown);
    const door = doors[name];
    const left = unasked.filter(({ path }) => door?.test(path)).map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(left, [], 'the page shows every route of its door');
  });
}
