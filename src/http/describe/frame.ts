import { html } from 'hono/html';
import type { Markup } from './text.ts';

export type PageContent = {
  /** The path that the server is mounted below; empty where it has its own host. */
  readonly path: string;
  readonly title: string;
  readonly content: Markup;
};

/** The frame of every page. The content security policy forbids scripts, and styles of other servers. */
export async function frame({ path, title, content }: PageContent): Promise<string> {
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="stylesheet" href="${path}/docs/style.css" />
      </head>
      <body>
        ${content}
      </body>
    </html>`;
  return page.toString();
}
