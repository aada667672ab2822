import { html } from 'hono/html';

/** Part of a page. What is put into one is text, never markup, unless it is such a part itself. */
export type Markup = ReturnType<typeof html>;

/** A text in which code stands between backticks. */
export function inline(text: string): readonly (string | Markup)[] {
  return text.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part));
}
