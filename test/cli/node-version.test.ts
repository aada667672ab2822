import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { nodeVersionError } from '../../src/base/node-version.ts';
import manifest from '../../package.json' with { type: 'json' };
import { countersign, mainFile, errorLineOf, newFolder } from '../../kit/process.ts';

/** What makes a process believe that its Node is an old one. */
const node20 = [
  '--import',
  `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})`,
];

test('a Node that is new enough is not complained about', () => {
  for (const version of [
    '24.7.0',
    '24.21.0',
    '25.0.0',
    '26.10.0',
    '100.0.0',
    '24.7.0-nightly',
    process.versions.node,
  ]) {
    assert.equal(nodeVersionError(version), undefined, version);
  }
});

test('a Node that is too old is named together with what is needed', () => {
  for (const version of ['24.6.9', '24.0.0', '22.21.0', '20.20.2', '9.0.0', '0.12.18']) {
    assert.equal(nodeVersionError(version), `Node 24.7 or newer is required, and this is Node ${version}`);
  }
});

test('what is needed is what package.json says', () => {
  const [, oldest = ''] = /^>=(\d+\.\d+)$/.exec(manifest.engines.node) ?? [];
  assert.match(nodeVersionError('1.0.0') ?? '', new RegExp(` ${oldest} or newer`));
});

test('on an old Node every command ends with one line and exit code 2', async () => {
  const ended = await Promise.all([['serve'], ['--help'], []].map((args) => countersign(args, { node: node20 })));
  for (const one of ended) {
    assert.equal(errorLineOf(one, 2), 'countersign: Node 24.7 or newer is required, and this is Node 20.20.2');
  }
});

test('on an old Node the library says the same, and imports nothing of the rest before', async () => {
  const index = join(dirname(mainFile), '../index.ts');
  const script = `import { createCountersign } from ${JSON.stringify(index)};
    await createCountersign({}).catch(({ name, message }) => console.log(name, message));
    console.log(process.moduleLoadList.some((name) => name.endsWith('sqlite')));`;
  const { stdout } = await promisify(execFile)(process.execPath, [...node20, '--input-type=module', '-e', script]);
  assert.equal(
    stdout,
    'SetupError createCountersign: Node 24.7 or newer is required, and this is Node 20.20.2\nfalse\n',
  );
});

test('that line needs no other file of the program: an old Node could not read them', async () => {
  const folder = newFolder();
  for (const name of ['cli/main.ts', 'base/node-version.ts'])
    cpSync(join(dirname(mainFile), '..', name), join(folder, name));
  const said = await new Promise((resolve) => {
    execFile(process.execPath, [...node20, join(folder, 'cli/main.ts'), 'serve'], (_error, _stdout, stderr) =>
      resolve(stderr),
    );
  });
  assert.match(String(said), /^countersign: Node 24\.7 or newer is required, and this is Node 20\.20\.2[^\n]*\n$/);
});
