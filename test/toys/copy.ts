/** A copy of the project with a factor more: what adding one takes, and nothing else. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyProject } from '../../kit/copy-project.ts';
import { inheritedEnvironment, newFolder } from '../../kit/process.ts';

const copied = ['src', 'kit', 'test', 'tools', 'docs', 'bench', 'torture', 'package.json', 'tsconfig.json'];

/** One file, one word in the registry and its owner. The file imports what a factor beside the others would. */
export function copyWith(kind: string): string {
  const folder = newFolder();
  copyProject(folder, copied);
  const toy = readFileSync(join(folder, `test/toys/${kind}.ts`), 'utf8');
  const moved = toy.replaceAll("'../../src/factors/", "'./").replaceAll("'../../src/", "'../");
  writeFileSync(join(folder, `src/factors/${kind}.ts`), moved);
  addWord(folder, { file: 'src/factors/registry.ts', kind, from: `./${kind}.ts` });
  addWord(folder, { file: 'test/factors/owners.ts', kind, from: `../toys/${kind}-owner.ts` });
  return folder;
}

type Word = { readonly file: string; readonly kind: string; readonly from: string };

function addWord(folder: string, { file, kind, from }: Word): void {
  const path = join(folder, file);
  const source = readFileSync(path, 'utf8');
  const added = source.replace(/,?\s*\} satisfies/, `, ${kind} } satisfies`);
  assert.notEqual(added, source);
  writeFileSync(path, `import { ${kind} } from '${from}';\n${added}`);
}

/** Checks the types of the copy's sources, of the tests that hold them to something, and of a text that uses its client. */
export async function assertTypes(folder: string, uses: string): Promise<void> {
  writeFileSync(join(folder, 'test/uses.ts'), uses);
  const include = ['src', 'tools', 'test/uses.ts', 'test/factors', 'test/toys', 'test/client/types.test.ts'];
  writeFileSync(join(folder, 'tsconfig.copy.json'), JSON.stringify({ extends: './tsconfig.json', include }));
  await assertRuns(folder, [join(folder, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.copy.json']);
}

/** Runs a program of Node's in the copy. */
export async function assertRuns(folder: string, args: readonly string[]): Promise<void> {
  const { TEST_POSTGRES_URL } = process.env;
  const env = { ...inheritedEnvironment, ...(TEST_POSTGRES_URL !== undefined && { TEST_POSTGRES_URL }) };
  const said = await new Promise<string | undefined>((resolve) => {
    execFile(process.execPath, args, { cwd: folder, env, timeout: 120_000 }, (error, stdout, stderr) =>
      resolve(error ? `${stdout}${stderr}` : undefined),
    );
  });
  if (said !== undefined) assert.fail(said);
}
