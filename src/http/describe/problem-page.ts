import { html } from 'hono/html';
import { titleOf } from '../errors/problem.ts';
import { meaningOf, type ProblemCode } from '../problem-codes/index.ts';
import { frame } from './frame.ts';
import { breakable, inline } from './text.ts';

/** The page that the `type` of a problem links to. `path` is the path that the server is mounted below. */
export function problemPage(code: ProblemCode, path: string): Promise<string> {
  const { statuses, when, action } = meaningOf(code);
  const title = statuses.map((status) => `${status} ${titleOf(status)}`).join(', ');
  return frame({
    path,
    title: `${code} · Countersign`,
    content: html`<header>
        <h1>${breakable(code)}</h1>
        <p>${title}</p>
      </header>
      <main>
        <h2 id="when">When it occurs</h2>
        <p>${inline(when)}</p>
        <h2 id="action">What to do</h2>
        <p>${inline(action)}</p>
        <p><a href="${path}/problems">All error codes</a></p>
      </main>`,
  });
}
