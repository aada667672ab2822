import type { Template } from './english.ts';
import type { Message } from './message.ts';

export type Text = Pick<Message, 'subject' | 'body'>;

/** Replaces placeholders in one pass, so that placeholders inside the values stay as they are. */
export function fill({ subject, body }: Template, values: Readonly<Record<string, string>>): Text {
  const put = (text: string) => text.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
  return { ...(subject !== undefined && { subject: put(subject) }), body: put(body) };
}

export const shownTime = (time: number) => new Date(time).toISOString().replace('T', ' ').slice(0, 16);

/** Makes a value one line of at most 100 characters, so that it cannot add text of its own to a message. */
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
const maxTyped = 64;

/**
 * Shortens what a user typed, and separates dots, colons and double slashes so that no mail program turns it into a
 * link.
 */
export function typedText(value: string): string {
  const points = Array.from(oneLine(value));
  const short = points.length > maxTyped ? `${points.slice(0, maxTyped - 1).join('')}…` : points.join('');
  return short.replaceAll(/(?<=\S)[.:\u3002\uFF0E\uFF61](?=\S)/g, '[$&]').replaceAll(/(?<=[/\\])(?=[/\\])/g, ' ');
}
