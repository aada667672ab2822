import { html } from 'hono/html';
import { z } from 'zod';
import type { Route } from '../route.ts';

/** The route table for people. */
export async function docsPage(routes: readonly Route[]): Promise<string> {
  const tags = [...Map.groupBy(routes, ({ tag }) => tag)];
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Countersign API</title>
        <link rel="stylesheet" href="/docs/style.css" />
      </head>
      <body>
        <h1>Countersign API</h1>
        <p>
          The same for programs: <a href="/openapi.json">openapi.json</a>. Paths work with and without a trailing slash.
          Errors are <code>application/problem+json</code> (RFC 9457) with a stable <code>code</code>.
        </p>
        <nav>${tags.map(([tag]) => html`<a href="#${tag}">${tag}</a> `)}</nav>
        ${tags.map(
          ([tag, rows]) =>
            html`<section id="${tag}">
              <h2>${tag}</h2>
              ${rows.map(section)}
            </section>`,
        )}
      </body>
    </html>`;
  return (await page).toString();
}

const callers = {
  anyone: 'Anyone.',
  session: 'Needs a session.',
  optional: 'A session is read when one is shown.',
  basic: 'HTTP Basic.',
  challenge: "Needs a service's apikey, a session, or a challenge token.",
  enrollment: 'Needs a session, or an enrolment token.',
  service: "Needs a service's apikey.",
};

function section({ method, path, summary, description, access, body, query, responses }: Route) {
  return html`<article>
    <h3><code>${method.toUpperCase()} ${path}</code></h3>
    <p>${summary}. ${callers[access]}${description ? ` ${description}` : ''}</p>
    ${
      query
        ? html`<h4>Query</h4>
            <pre>${schemaText(query)}</pre>`
        : ''
    }
    ${
      body
        ? html`<h4>Body</h4>
            <pre>${schemaText(body)}</pre>`
        : ''
    }
    <ul>
      ${Object.entries(responses).map(
        ([status, answered]) =>
          html`<li>
            <b>${status}</b>
            ${answered.description}${answered.body ? html`<pre>${schemaText(answered.body)}</pre>` : ''}
          </li>`,
      )}
    </ul>
  </article>`;
}

function schemaText(schema: z.ZodType): string {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return JSON.stringify(rest, null, 2);
}

export const docsStyle = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; background: #fff; }
article { border-top: 1px solid #d8dee4; padding: 0.5rem 0; }
code, pre { font: 14px/1.4 ui-monospace, monospace; }
pre { background: #f3f5f7; padding: 0.75rem; overflow: auto; border-radius: 6px; }
a { color: #0550ae; }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117; }
  pre { background: #161b22; }
  a { color: #79c0ff; }
  article { border-color: #30363d; }
}
`;
