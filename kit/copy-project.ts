import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Copies parts of the project into a folder, which shares the installed packages. */
export function copyProject(folder: string, copied: readonly string[]): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const part of copied) cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}

/** A text that appears once in a file of the project, and its replacement. */
export type Change = { readonly file: string; readonly from: string; readonly to: string };

/** Replaces a text that appears once in a file of the copy. */
export function change(folder: string, { file, from, to }: Change): void {
  const path = join(folder, file);
  writeFileSync(path, replacedOnce(readFileSync(path, 'utf8'), from, to));
}

/** Throws where the text does not appear exactly once, so that no guard is left in by mistake. */
export function replacedOnce(source: string, from: string, to: string): string {
  const [before, after, ...more] = source.split(from);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`does not appear exactly once: ${from.trim()}`);
  return `${before}${to}${after}`;
}
