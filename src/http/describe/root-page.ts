import { html } from 'hono/html';
import { frame } from './frame.ts';

/** The page at the server's address in a browser. `path` is the path that the server is mounted below. */
export function rootPage(path: string): Promise<string> {
  return frame({
    path,
    title: 'Countersign',
    content: html`<header><h1>Countersign</h1></header>
      <main>
        <p>
          This is a server for multi-factor authentication. Applications use it: there is nothing to log in to here.
        </p>
        <ul>
          <li><a href="${path}/docs">API documentation</a></li>
          <li><a href="${path}/openapi.json">OpenAPI 3.1 document</a>, the same for programs</li>
        </ul>
      </main>`,
  });
}
