import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..');
const library = join(root, 'src', 'index.ts');
const folder = mkdtempSync(join(tmpdir(), 'countersign-examples-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const examples = globSync(['README.md', 'docs/*.md'], { cwd: root }).flatMap((page) => {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n([^]*?)^```$/gm);
  return [...blocks].map(([, text = ''], at) => ({ name: `${page.replaceAll(/[/.]/g, '-')}-${at + 1}.ts`, text }));
});

test('the TypeScript of the pages fits the library', async () => {
  assert.ok(examples.length > 0);
  for (const { name, text } of examples) writeFileSync(join(folder, name), `${text}\nexport {};\n`);
  const options = {
    // Readers don't use every name that an example makes.
    noUnusedLocals: false,
    paths: {
      countersign: [library],
      'countersign/client': [join(root, 'src', 'client', 'index.ts')],
      'countersign/*': [join(root, 'src', 'client', '*.ts')],
    },
    typeRoots: [join(root, 'node_modules', '@types')],
  };
  const settings = { extends: join(root, 'tsconfig.json'), compilerOptions: options, include: [folder] };
  // What readers have installed beside it.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const complaint = await problemIn(compiler, '-p', folder);
  assert.equal(complaint, '');
});

test("the README's example of embedding runs and is answered", async () => {
  const [{ text } = { text: '' }] = examples.filter(({ name }) => name.startsWith('README'));
  const imported = text.replace("'countersign'", JSON.stringify(pathToFileURL(library).href));
  assert.notEqual(imported, text);
  const file = join(folder, 'run.mts');
  writeFileSync(file, `${imported}\nif (response.status !== 200) throw new Error(String(response.status));\n`);
  assert.equal(await problemIn(file), '');
});

/** What a program says when it fails; nothing when it does not. */
async function problemIn(...args: readonly string[]): Promise<string> {
  const ended = promisify(execFile)(process.execPath, args, { cwd: folder });
  return ended.then(
    () => '',
    ({ stdout, stderr }: { stdout: string; stderr: string }) => `${stdout}${stderr}`,
  );
}
