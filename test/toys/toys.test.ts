/** A factor is added by one file, one word in the registry and its owner: two toys are, each to a copy of the project. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertRuns, assertTypes, copyWith } from './copy.ts';

const longEnough = { timeout: 240_000 };

type Document = { readonly paths: Readonly<Record<string, unknown>> };

const documentIn = (folder: string) => JSON.parse(readFileSync(join(folder, 'docs/openapi.json'), 'utf8')) as Document;

const usesPin = `
import type { NewFactor } from '../src/client/types.ts';

export const right: NewFactor = { type: 'pin', pin: '2580', label: 'mine' };
// @ts-expect-error A PIN is needed.
export const without: NewFactor = { type: 'pin' };
// @ts-expect-error It is a text.
export const number: NewFactor = { type: 'pin', pin: 2580 };
`;

test('a PIN is a factor at every door, in the document and in the types of the client', longEnough, async () => {
  const folder = copyWith('pin');
  await assertRuns(folder, ['tools/docs.ts']);
  const { paths } = documentIn(folder);
  assert.ok('/mfa/pin/request' in paths && '/mfa/pin/verify' in paths);
  assert.match(JSON.stringify(paths['/users/{uid}/secrets']), /"pin":\{"type":"string"/);
  assert.match(JSON.stringify(paths['/users/{externalId}/factors']), /"const":"pin"/);
  await assertTypes(folder, usesPin);
  await assertRuns(folder, testing('pin'));
});

const usesKey = `
import type { NewFactor, PendingFactor, SentCode } from '../src/client/types.ts';

export const right: NewFactor = { type: 'key', label: 'mine' };
export const shown = ({ options }: PendingFactor | SentCode): unknown => options?.['challenge'];
`;

test(
  'a key is registered and counts its signatures at every door, and is found by its response',
  longEnough,
  async () => {
    const folder = copyWith('key');
    await assertRuns(folder, ['tools/docs.ts']);
    assert.ok('/mfa/key/verify' in documentIn(folder).paths);
    await assertTypes(folder, usesKey);
    await assertRuns(folder, testing('key'));
  },
);

/** The contract of all factors, the new one's among them, what the doors make of it, and walks of all routes and providers. */
const testing = (kind: string) => [
  '--test',
  '--test-isolation=none',
  '--test-timeout=60000',
  'test/factors/contract.test.ts',
  'test/factors/index.test.ts',
  'test/factors/providers.test.ts',
  'test/http/catalogue.test.ts',
  'test/http/describe/openapi.test.ts',
  'test/http/doors/crossbar/system-providers.test.ts',
  'test/promises/every-caller-at-every-route.test.ts',
  `test/toys/${kind}-at-every-door.ts`,
];
