import type { Template } from './english.ts';
import type { Message } from './message.ts';

export type Text = Pick<Message, 'subject' | 'body'>;

/** One pass: what is put in is not looked at again. */
export function fill({ subject, body }: Template, values: Readonly<Record<string, string>>): Text {
  const put = (text: string) => text.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
  return { ...(subject !== undefined && { subject: put(subject) }), body: put(body) };
}

export const shownTime = (time: number) => new Date(time).toISOString().replace('T', ' ').slice(0, 16);

/** A value in a text is words: no line of its own, and no room for a story. */
export function oneLine(value: string): string {
  return value
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, 100)
    .toWellFormed();
}

export function oneLineEach<Names extends string>(
  values: Readonly<Record<Names, string>>,
): Readonly<Record<Names, string>> {
  const entries = Object.entries<string>(values).map(([name, value]) => [name, oneLine(value)]);
  return Object.fromEntries(entries) as Record<Names, string>;
}

/** In characters. */
const mostTyped = 64;

/** What a user typed, shortened, and as text that no mail program makes a link of: dots, colons and double slashes are taken apart. */
export function typedText(value: string): string {
  const points = Array.from(oneLine(value));
  const short = points.length > mostTyped ? `${points.slice(0, mostTyped - 1).join('')}…` : points.join('');
  return short.replaceAll(/(?<=\S)[.:\u3002\uFF0E\uFF61](?=\S)/g, '[$&]').replaceAll(/(?<=[/\\])(?=[/\\])/g, ' ');
}
