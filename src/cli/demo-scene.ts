import { STATUS_CODES } from 'node:http';
import { styleText } from 'node:util';
import type { z } from 'zod';

/** Prints the steps of the demo, and sends and shows their requests. */
export type Scene = {
  readonly title: (text: string) => void;
  readonly say: (text: string) => void;
  /** Throws if the response has a status other than the expected one. */
  readonly request: <Answer = unknown>(method: string, path: string, asked: DemoRequest<Answer>) => Promise<Answer>;
};

type DemoRequest<Answer> = {
  readonly authorization?: string;
  readonly body?: object;
  readonly expect: number;
  readonly read?: z.ZodType<Answer>;
};

export function createScene(url: string): Scene {
  let steps = 0;
  return {
    title: (text) => print(`\n${paint('bold', text)}`),
    say: (text) => print(`\n${paint('bold', `${(steps += 1)}.`)} ${text}\n`),
    async request(method, path, { authorization, body, expect, read }) {
      const headers = {
        ...(authorization !== undefined && { Authorization: authorization }),
        ...(body && { 'Content-Type': 'application/json' }),
      };
      printIndented(paint('cyan', `${method} ${path}`), headerLines(headers), body);
      const answer = await fetch(url + path, {
        method,
        headers,
        redirect: 'manual',
        ...(body && { body: JSON.stringify(body) }),
      });
      const content: unknown = await answer.json();
      const location = answer.headers.get('location');
      const status = `${answer.status} ${STATUS_CODES[answer.status]}`;
      printIndented(
        paint(colorOf(answer.status), `→ ${status}`),
        headerLines(location === null ? {} : { Location: location }),
        content,
      );
      if (answer.status !== expect) throw new Error(`the answer to ${method} ${path} was ${status}, not ${expect}`);
      // Without a schema the answer is not used, so its type does not matter.
      return read ? read.parse(content) : (undefined as never);
    },
  };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function printIndented(head: string, headers: readonly string[], content: unknown): void {
  const json = content === undefined ? [] : JSON.stringify(content, shortened, 2).split('\n');
  for (const line of [head, ...[...headers, ...json].map((text) => paint('dim', text))]) print(`   ${line}`);
}

const headerLines = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers).map(([name, value]) => `${name}: ${readable(value)}`);

function readable(header: string): string {
  const basic = /^Basic (.+)$/.exec(header)?.[1];
  if (basic !== undefined) return `Basic base64(${Buffer.from(basic, 'base64').toString()})`;
  return header.replace(/[\w.-]{40,}/g, shorten);
}

/** Tokens are too long to show. */
const shortened = (key: string, value: unknown) =>
  typeof value === 'string' && key.endsWith('token') ? value.replace(/^[\w.-]{40,}$/, shorten) : value;

const shorten = (token: string) => `${token.slice(0, 16)}…`;

type Color = Parameters<typeof styleText>[0];

/** Plain if the output is not a terminal, or NO_COLOR is set. */
const paint = (color: Color, text: string) => styleText(color, text, { stream: process.stdout });

const colorOf = (status: number) => (status < 300 ? 'green' : status < 400 ? 'yellow' : 'red');
