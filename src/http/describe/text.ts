import { html } from 'hono/html';

/** Part of a page. Every value in it is escaped, unless the value is such a part itself. */
export type Markup = ReturnType<typeof html>;

/** A text with code between backticks. */
export function inline(text: string): readonly (string | Markup)[] {
  return text.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part));
}

/** A path or a code that a narrow screen breaks before a slash or an underscore, not within a word. */
export function breakable(word: string): readonly Markup[] {
  return word.split(/(?=[/_])/).map((part, at) => (at === 0 ? html`${part}` : html`<wbr />${part}`));
}
