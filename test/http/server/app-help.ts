import assert from 'node:assert/strict';
import type { Answer } from '../../../kit/server.ts';

/** What an answer says is wrong, in the words of each door, without what changes from request to request. */
const wordsFor: Readonly<Record<string, (status: number, word: string, detail: string) => object>> = {
  Crossbar: (status, message, detail) => ({ data: { message: detail }, error: String(status), message }),
  OAuth2: (_status, error, detail) => ({ error, error_description: detail, detail }),
  Deux: (_status, _word, detail) => ({ detail }),
  ours: (status, word, detail) => ({ status, code: word, detail }),
};

/** Where each door's words are spoken: at the first of these that fits. */
const spoken: readonly (readonly [RegExp, string])[] = [
  [/^\/v2(?:\/|$)/, 'Crossbar'],
  [/^\/(?:mfa\/oauth2\/token|oauth2\/(?:introspect|revoke))\/?$/, 'OAuth2'],
  [/^\/mfa(?:\/|$)/, 'Deux'],
  [/^/, 'ours'],
];

type Wrong = { readonly status: number; readonly detail: string; readonly words: Readonly<Record<string, string>> };

/** Asserts that an error says this in the words of its door, and no member more. */
export function assertWrong({ asked, path, status, json }: Answer, wrong: Wrong): void {
  const [, who = ''] = spoken.find(([where]) => where.test(path)) ?? [];
  const { type: _type, title: _title, request_id: _id, ...said } = json as Readonly<Record<string, unknown>>;
  const { timestamp: _at, version: _version, node: _node, ...rest } = said;
  const expected = wordsFor[who]?.(wrong.status, wrong.words[who] ?? '', wrong.detail);
  const around = who === 'Crossbar' ? { status: 'error' } : {};
  assert.deepEqual([status, rest], [wrong.status, { ...expected, ...around }], asked);
}
