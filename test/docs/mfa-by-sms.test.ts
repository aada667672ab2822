import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readPage, withAnswers } from '../../tools/transcript.ts';
import { skipWithoutPrograms } from './programs.ts';
import { answersOf, file } from './sms-page.ts';

const markdown = readFileSync(file, 'utf8');
const page = readPage(markdown);
const reason = skipWithoutPrograms();
const skip = reason !== undefined && reason;

test('every answer in the page about SMS is what the server answers', { skip }, async () => {
  const answers = await answersOf(page);
  assert.ok(page.steps.length > 10);
  assert.equal(withAnswers(markdown, page.steps, answers), markdown);
});
