import { html } from 'hono/html';
import type { NeededScope } from '../../engine/session/scopes.ts';
import type { Access, Administers, ResponseSpec, Route } from '../route.ts';
import { errorFormatOf } from './error-formats.ts';
import { nameOf } from './example.ts';
import { examples } from './examples.ts';
import { operationId } from './openapi.ts';
import { members } from './members.ts';
import { shapesOf } from './schema-rows.ts';
import { breakable, inline, type Markup } from './text.ts';

/**
 * A folded operation. The id is inside the folded part, because a browser that goes to an id unfolds the elements around it, but not the
 * element that has the id.
 */
export function operation(route: Route): Markup {
  const { method, path, summary, description = '' } = route;
  const id = operationId(method, path);
  const errors = errorFormatOf(route);
  return html`<details class="operation">
    <summary>
      <h3><span class="${method}">${method.toUpperCase()}</span> <code>${breakable(path)}</code></h3>
      <span>${summary}</span>
      <a href="#${id}" title="Link to this operation">#</a>
    </summary>
    <div id="${id}">
      ${description === '' ? '' : html`<p>${inline(description)}</p>`}
      <p>
        <a href="#authentication">Authentication</a>: ${inline(accessOf(route))} <a href="#${errors.id}">Errors</a>:
        ${errors.name}.
      </p>
      ${example(nameOf(route))} ${parametersOf(route)} ${bodyOf(route)}
      ${Object.entries(route.responses).map(([status, response]) => answer(status, response, route.tag))}
    </div>
  </details>`;
}

/** The request and the answer of an example. */
export function example(name: string): Markup | string {
  const played = examples[name];
  if (!played) return '';
  return html`<div class="example">
    <pre><code>${played.request}</code></pre>
    <pre><code>${played.answer}</code></pre>
  </div>`;
}

const credentials: Readonly<Record<Access, string>> = {
  anyone: 'none.',
  session: 'an access token.',
  optional: 'none, or an access token.',
  basic: 'a name and a secret, as HTTP Basic.',
  challenge: 'the API key of a service, an access token or a challenge token.',
  enrollment: 'an access token or an enrollment token.',
  service: 'the API key of a service.',
};

const freshProof: Readonly<Record<Administers, string>> = {
  always: 'Administrators need fresh proof.',
  others: 'To change another user, administrators need fresh proof.',
  never: '',
};

function accessOf(route: Route): string {
  const { access, administers = 'never', form } = route;
  const shown = form ? 'the id and secret of an OAuth 2.0 client.' : credentials[access];
  return [shown, freshProof[administers], scopeOf(route)].filter((sentence) => sentence !== '').join(' ');
}

/** The scope that the access token of an OAuth 2.0 client needs, at routes that take access tokens. */
function scopeOf({ access, scope }: Route): string {
  if (access === 'anyone' || access === 'basic' || access === 'service') return '';
  const { own, others } = typeof scope === 'object' ? scope : { own: scope, others: scope };
  if (own === others) return `OAuth 2.0 clients: ${clientScope(own)}.`;
  return `OAuth 2.0 clients: ${clientScope(own)} for the own user, ${clientScope(others)} for others.`;
}

const clientScope = (scope: NeededScope | undefined) =>
  scope === undefined ? 'never' : scope === 'none' ? 'any scope' : `the scope \`${scope}\``;

function parametersOf({ path, tag, params, query }: Route): Markup {
  const inPath = params ? shapesOf(params, 'input', [`${tag} path`, ...path.split('/')]) : [];
  const inQuery = query ? shapesOf(query, 'input', [tag]) : [];
  return html`${inPath.map((shape) => members('In the path', shape))}
  ${inQuery.map((shape) => members('In the query', shape))}`;
}

function bodyOf({ body, form, tag }: Route): Markup | string {
  if (!body) return '';
  const title = form ? 'Body, as a form or JSON' : 'Body, as JSON';
  return html`${shapesOf(body, 'input', [tag]).map((shape) => members(title, shape))}`;
}

function answer(status: string, { description, body, type }: ResponseSpec, tag: string): Markup {
  const media = type ? html`<code>${type}</code>` : '';
  const shapes = body ? shapesOf(body, 'output', [tag]) : [];
  return html`<h4>Answer ${status}: ${inline(description)} ${media}</h4>
    ${shapes.map((shape) => members('', shape))}`;
}
