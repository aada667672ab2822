import { html } from 'hono/html';
import { meaningOf, problemGroups, type ProblemCode } from '../problem-codes/index.ts';
import { frame } from './frame.ts';
import { inline, type Markup } from './text.ts';

/** The list of all problem codes, with links to their pages. `path` is the path that the server is mounted below. */
export function problemsPage(path: string): Promise<string> {
  return frame({
    path,
    title: 'Error codes · Countersign',
    content: html`<header>
        <h1>Error codes</h1>
        <p><a href="${path}/docs#errors">How errors are answered</a></p>
      </header>
      <main>
        ${problemGroups.map(
          ({ title, codes }) =>
            html`<h2>${title}</h2>
              <table class="problems">
                <tbody>
                  ${codes.map((code) => row(code, path))}
                </tbody>
              </table>`,
        )}
      </main>`,
  });
}

function row(code: ProblemCode, path: string): Markup {
  const { statuses, when } = meaningOf(code);
  return html`<tr>
    <th>
      <a href="${path}/problems/${code}"><code>${code}</code></a>
    </th>
    <td>${statuses.join(', ')}</td>
    <td>${inline(when)}</td>
  </tr>`;
}
