import { crossbarMessages } from '../src/http/doors/crossbar/envelope.ts';
import { titleOf } from '../src/http/errors/problem.ts';
import { meaningOf, problemGroups, type ProblemCode } from '../src/http/problem-codes/index.ts';

export const errorsFile = 'docs/errors.md';

const width = 120;

/** docs/errors.md: every problem code, from the table that the pages at `/problems/{code}` are made from. */
export function errorsPage(): string {
  const words = Object.entries(crossbarMessages).map(([code, word]) => `\`${word}\` for \`${code}\``);
  const paragraphs = [
    '# Error codes',
    'Written by `npm run docs` from [src/http/problem-codes](../src/http/problem-codes/index.ts).',
    'Most operations answer an error as `application/problem+json` (RFC 9457). `code` is a stable word for programs, and `type` is the URL of ' +
      'a page that explains it, `/problems/{code}` below the URL of the server: HTML for browsers, JSON for programs. `/problems` lists them all. A request that is not ' +
      'HTTP is answered before the URL of a server without `COUNTERSIGN_URL` is known; its `type` is then `urn:countersign:problem:{code}`.',
    'Other dialects carry the same errors in their own form. Below `/mfa` the answer has `detail` or a list of sentences for each wrong ' +
      'member. The token routes answer the `error` of RFC 6749. Below `/v2` the code is the `message` of the envelope, where Crossbar has no ' +
      `word of its own (${words.join(', ')}).`,
    ...problemGroups.flatMap(({ title, codes }) => [`## ${title}`, ...codes.flatMap(entry)]),
  ];
  return `${paragraphs.map(wrap).join('\n\n')}\n`;
}

function entry(code: ProblemCode): readonly string[] {
  const { statuses, when, action } = meaningOf(code);
  const shown = statuses.map((status) => `${status} ${titleOf(status)}`).join(', ');
  return [`### ${code}`, `**${shown}.** ${when}`, `**What to do:** ${action}`];
}

/** No line is longer than `width`. */
function wrap(paragraph: string): string {
  const lines: string[] = [];
  for (const word of paragraph.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + word.length < width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}
