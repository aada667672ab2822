import { html } from 'hono/html';

/** Part of a page. Every value in it is escaped, unless the value is such a part itself. */
export type Markup = ReturnType<typeof html>;

/** A text with code between backticks. */
export function inline(text: string): readonly (string | Markup)[] {
  return text.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part));
}
