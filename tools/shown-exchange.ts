import { STATUS_CODES } from 'node:http';
import type { Example } from '../src/http/describe/example.ts';
import { url, type Answer, type Call } from '../kit/server.ts';
import { shownAs, shownUrl } from '../kit/shown-answer.ts';

/** A request and its answer. */
export type Exchange = {
  readonly method: string;
  readonly path: string;
  readonly sent: Call;
  readonly answer: Answer;
};

/** As the page shows it: a shell command, and an answer without varying values and without the headers that every answer has. */
export function shownExchange({ method, path, sent, answer }: Exchange): Example {
  return { request: command(method, path, sent), answer: shownAnswer(answer) };
}

/** Characters in a line, so that request and answer stand side by side. */
const width = 52;

function command(method: string, path: string, { json, bearer, basic }: Call): string {
  const parts = [
    `curl ${usualMethod(json) === method ? '' : `-X ${method} `}"$URL${shown(path)}"`,
    ...(bearer === undefined ? [] : [`-H "Authorization: Bearer ${bearer.startsWith('csk_') ? '$KEY' : '$TOKEN'}"`]),
    ...(basic === undefined ? [] : [`-u ${quoted(shown(basic.join(':')))}`]),
    ...(json === undefined ? [] : [`--json ${quoted(shown(JSON.stringify(json), width - '  --json '.length))}`]),
  ];
  const line = parts.join(' ');
  return line.length <= width ? line : parts.join(' \\\n  ');
}

const usualMethod = (json: unknown) => (json === undefined ? 'GET' : 'POST');

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The most lines of an answer, lines of one that is not JSON, and characters of a line. */
const longest = { json: 18, text: 2, line: 120 };

function shownAnswer({ status, headers, text, json }: Answer): string {
  const type = headers.get('content-type');
  const lines = text.trim().split('\n');
  const body =
    json === undefined && lines.length > longest.text ? [...lines.slice(0, longest.text), '…'].join('\n') : text;
  const shownHeaders = [...headers].filter(([name]) => name !== 'content-type' || type !== 'application/json');
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...shownHeaders.map(([name, value]) => `${name}: ${value}`),
  ];
  const whole = shown([...head, '', body].join('\n')).split('\n');
  const cut = whole.length > longest.json ? [...whole.slice(0, longest.json), '…'] : whole;
  return cut.map((line) => (line.length > longest.line ? `${line.slice(0, longest.line)}…` : line)).join('\n');
}

/** Shortens varying values; every six-digit code becomes the same. */
function shown(text: string, most = width): string {
  const plain = shownAs(text, url, most).split('\n').slice(1, -2).join('\n').replace('\n\n\n', '\n\n');
  const local = plain.replaceAll(shownUrl, '$URL');
  return local.replace(/"\d{6}"/g, '"123456"').replace(/([a-z])\1{7,}/gi, '…');
}
