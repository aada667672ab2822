import { jsonOf } from '../../base/json.ts';
import { shortened, utf8Of } from '../../base/text.ts';

/** The greatest depth of a body. No dialect needs more than six. */
const maxDepth = 32;

export type StrictJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly detail: string };

/**
 * Parses JSON as I-JSON requires (RFC 7493): valid UTF-8, no duplicate member, no lone surrogate. The depth is limited too. A body that two
 * readers could understand differently is refused.
 */
export function parseStrictJson(bytes: Uint8Array): StrictJson {
  const text = utf8Of(bytes);
  if (text === undefined) return { ok: false, detail: 'The body is not valid UTF-8.' };
  const value = jsonOf(text);
  if (value === undefined) return { ok: false, detail: malformed(text) };
  const fault = faultIn(text);
  return fault === undefined ? { ok: true, value } : { ok: false, detail: fault };
}

/** A number with a leading zero is usually a code without its quotes (seed 002 shows one). */
function malformed(text: string): string {
  const hint = /:\s*0[0-9]/.test(text)
    ? ' A number cannot begin with 0: send a code as a string, such as "021589".'
    : '';
  return `The body is not valid JSON.${hint}`;
}

/** Checks valid JSON token by token. */
function faultIn(text: string): string | undefined {
  const objects: (Set<string> | undefined)[] = [];
  for (const [token, quoted, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[[\]{}]/g)) {
    if (token === '{' || token === '[') {
      objects.push(token === '{' ? new Set() : undefined);
      if (objects.length > maxDepth) return `The body nests deeper than ${maxDepth} levels.`;
    } else if (quoted === undefined) {
      objects.pop();
    } else {
      const string = String(JSON.parse(quoted));
      if (!string.isWellFormed()) return 'The body contains half of a surrogate pair.';
      if (colon === undefined) continue;
      const members = objects.at(-1);
      if (members?.has(string))
        return `The member ${JSON.stringify(shortened(string))} appears more than once in one object.`;
      members?.add(string);
    }
  }
  return undefined;
}
