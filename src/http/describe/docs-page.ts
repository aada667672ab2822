import { html } from 'hono/html';
import type { Route } from '../route.ts';
import { frame } from './frame.ts';
import { authentication, errors } from './guide.ts';
import { operation } from './operation.ts';
import { sectionId, sectionsOf } from './sections.ts';
import { startHere, toursOf } from './start-here.ts';
import { inline, type Markup } from './text.ts';

/** The documentation of the routes. `path` is the path that the server is mounted below. */
export function docsPage(routes: readonly Route[], path = ''): Promise<string> {
  const sections = sectionsOf(routes);
  const content = html`<header>
      <h1>Countersign API</h1>
      <p>
        Multi-factor authentication over HTTP. The same for programs: <a href="${path}/openapi.json">openapi.json</a>.
        Bodies are JSON unless an operation says otherwise. Paths work with and without a trailing slash.
      </p>
    </header>
    ${navigation(routes, sections)}
    <main>${startHere(routes)} ${authentication()} ${errors(path)} ${sections.map(reference)}</main>`;
  return frame({ path, title: 'Countersign API', content });
}

type SectionRoutes = ReturnType<typeof sectionsOf>[number];

/** A section of the reference. The id of a folded section is inside the folded part: see `operation`. */
function reference({ title, about, isFolded, routes }: SectionRoutes): Markup {
  const id = sectionId(title);
  const content = html`${about === '' ? '' : html`<p>${inline(about)}</p>`} ${routes.map(operation)}`;
  if (!isFolded)
    return html`<section id="${id}">
      <h2>${title}</h2>
      ${content}
    </section>`;
  return html`<details class="section">
    <summary><h2>${title}</h2></summary>
    <div id="${id}">${content}</div>
  </details>`;
}

type Link = readonly [id: string, title: string];

function navigation(routes: readonly Route[], sections: readonly SectionRoutes[]): Markup {
  const guide: readonly Link[] = [
    ['start-here', 'Start here'],
    ...toursOf(routes).map(({ id, title }): Link => [id, title]),
    ['authentication', 'Authentication'],
    ['errors', 'Errors'],
  ];
  const operations = sections.map(({ title }): Link => [sectionId(title), title]);
  const list = (links: readonly Link[]) =>
    html`<ul>
      ${links.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
    </ul>`;
  return html`<nav aria-label="Contents">
    <b>Guide</b>
    ${list(guide)}
    <b>Operations</b>
    ${list(operations)}
  </nav>`;
}
