import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { twoPasses } from '../../../../src/cli/import/passes.ts';
import type { Found, Reading } from '../../../../src/cli/import/found.ts';
import { newFolder } from '../../../../kit/process.ts';

export const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/import/${name}`, import.meta.url));

export async function entriesOf({ users }: Reading): Promise<Found[]> {
  const all: Found[] = [];
  for await (const one of users()) all.push(one);
  return all;
}

/** What an import takes of a source, which it reads twice. */
export async function found(reading: Reading): Promise<Found[]> {
  await entriesOf(reading);
  const all = await entriesOf(reading);
  assert.equal(reading.fraction(), 1);
  reading.close?.();
  return all;
}

/** What matters of somebody, in one line a thing. */
export function told(one: Found): string {
  if ('why' in one) return `${one.name ?? '?'}: ${one.why}`;
  const { profile, authenticators, skipped, guarded } = one;
  const kept = authenticators.map(({ kind, label }) => (label === null ? kind : `${kind} ${label}`));
  return [profile.name, ...kept, ...skipped.map(({ what }) => `no ${what}`), ...(guarded ? ['guarded'] : [])].join(
    ', ',
  );
}

export function importedOf(all: readonly Found[], name: string, kind: string): unknown {
  const one = all.find((each) => 'profile' in each && each.profile.name === name);
  assert.ok(one && 'profile' in one);
  return one.authenticators.find((each) => each.kind === kind)?.imported;
}

export const writtenFile = (text: string | Buffer) => twoPasses(fileOf(text));

export function fileOf(text: string | Buffer): string {
  const file = join(newFolder(), 'source');
  writeFileSync(file, text);
  return file;
}

export const sourceOr = (one: Found) => ('why' in one && one.what === 'source' ? `source: ${one.why}` : told(one));
