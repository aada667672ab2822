import { html } from 'hono/html';
import type { MemberRow, Shape } from './schema-rows.ts';
import { inline, type Markup } from './text.ts';

/** A table of members or parameters: name, type, presence and meaning. */
export function members(title: string, { caption, type, rows }: Shape): Markup {
  const above = [title, caption].filter((text) => text !== '').join('. ');
  if (rows.length === 0) return html`<p>${inline([above, type].filter((text) => text !== '').join(': '))}</p>`;
  return html`<table class="members">
    ${
      above === ''
        ? ''
        : html`<caption>
            ${inline(above)}
          </caption>`
    }
    <thead>
      <tr>
        <th>Name</th>
        <th>Type</th>
        <th>Present</th>
        <th>Meaning</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(row)}
    </tbody>
  </table>`;
}

function row({ name, type, presence, meaning }: MemberRow): Markup {
  const last = name.lastIndexOf('.') + 1;
  return html`<tr>
    <th>
      <code>${name.slice(0, last)}<b>${name.slice(last)}</b></code>
    </th>
    <td>${inline(type)}</td>
    <td>${presence}</td>
    <td>${inline(meaning)}</td>
  </tr>`;
}
