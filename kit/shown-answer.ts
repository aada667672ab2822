/** The server's URL in the pages. */
export const shownUrl = 'http://localhost:8000';

/**
 * A command's output as a page shows it: formatted, without the headers that every answer has, and with `…` for values that differ from run to
 * run. `width` is that of a line of JSON.
 */
export function shownAs(printed: string, url: string, width = 100): string {
  const text = printed.replaceAll('\r\n', '\n').replaceAll(url, shownUrl).trim();
  if (text === '') return '';
  const answer = /^HTTP\/1\.1 \d/.test(text) ? inHttp(text, width) : (inJson(text, width) ?? ['text', shorten(text)]);
  return ['```', answer[0], '\n', answer[1], '\n```\n'].join('');
}

/** Headers that every answer has, and those of the connection. */
const usual = new Set(
  `cache-control content-security-policy cross-origin-resource-policy permissions-policy referrer-policy
   strict-transport-security x-content-type-options x-frame-options x-request-id date connection keep-alive
   content-length transfer-encoding`.split(/\s+/),
);

function inHttp(text: string, width: number): [language: string, text: string] {
  const [head = '', ...rest] = text.split('\n\n');
  const [status, ...headers] = head.split('\n');
  const unusual = headers.map(header).filter(([name]) => !usual.has(name.toLowerCase()));
  const lines = unusual.map((pair) => pair.join(': ')).toSorted();
  const body = rest.join('\n\n');
  const shown = body === '' ? [] : ['', inJson(body, width)?.[1] ?? shorten(body)];
  return ['http', [status, shorten(lines.join('\n')), ...shown].join('\n').trim()];
}

/** A header's name in the usual case. */
function header(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon).toLowerCase();
  return [name.replace(/^www(?=-)|^.|(?<=-)./g, (part) => part.toUpperCase()), line.slice(colon + 1).trim()];
}

function inJson(text: string, width: number): [language: string, text: string] | undefined {
  try {
    return /^[[{]/.test(text) ? ['json', layOut(JSON.parse(text), width)] : undefined;
  } catch {
    return undefined;
  }
}

/** JSON in few lines. */
function layOut(value: unknown, width: number, indent = ''): string {
  const inLine = oneLine(value);
  if (typeof value !== 'object' || value === null || indent.length + inLine.length <= width) return inLine;
  const inner = `${indent}  `;
  const [open, shut] = Array.isArray(value) ? '[]' : '{}';
  const members = Array.isArray(value)
    ? value.map((item) => layOut(item, width, inner))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${layOut(item, width, inner)}`);
  return `${open}\n${members.map((member) => inner + member).join(',\n')}\n${indent}${shut}`;
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${oneLine(item)}`);
    return members.length > 0 ? `{ ${members.join(', ')} }` : '{}';
  }
  // Seconds since 1970.
  if (typeof value === 'number' && value > 1e9) return '…';
  return JSON.stringify(typeof value === 'string' ? shorten(value) : value);
}

/** Values that differ from run to run. The order matters: parts of a token look like an id. */
const varying: readonly (readonly [RegExp, string | ((found: string) => string)])[] = [
  [/\beyJ[\w-]+(?:\.[\w-]*){2,4}/g, 'eyJ…'],
  [/\bcsk_[\w-]{43}/g, 'csk_…'],
  [/\b(TX|APP)\|[\w+/=]+\|[0-9a-f]{40}/g, '$1|…|…'],
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '…'],
  [/\b(?:[0-9a-f]{12}|[0-9a-f]{32,})\b/g, unlessPlain],
  // Tokens, keys, signatures and seeds, in base64url or base32.
  [/(?<![\w-])[\w-]{32,}(?![\w-])/g, unlessPlain],
  // Recovery codes.
  [/\b[0-9a-z]{4}(?:-[0-9a-z]{4}){3}\b/g, '…'],
  // Backup codes and pictures.
  [/\b[0-9A-F]{12}\b/g, '…'],
  [/data:image\/svg\+xml[^"\s]+/g, 'data:image/svg+xml…'],
  [/\b\d{4}-\d\d-\d\dT[\d:.]+Z|\b\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT\b/g, '…'],
  [/\bcurl\/[\d.]+/g, 'curl/…'],
  [/^(Retry-After: )(?:2\d|30)$/gim, '$130'],
];

/** Words, such as `insufficient_user_authentication`. No random value has this form: its letters and digits alternate. */
const areWords = /^(?:(?:[A-Z]?[a-z]{1,20}|[A-Z]{1,20}|\d{1,4})(?:[-_]+|$))+$/;

/** A value that a page gives, such as `deadbeefdeadbeef`. */
const isRepeated = /^(\w{1,8})\1+$/;

function unlessPlain(found: string): string {
  return areWords.test(found) || isRepeated.test(found) ? found : '…';
}

function shorten(text: string): string {
  return varying.reduce(
    (shortened, [pattern, instead]) =>
      typeof instead === 'string' ? shortened.replace(pattern, instead) : shortened.replace(pattern, instead),
    text,
  );
}
