import assert from 'node:assert/strict';
import { pbkdf2Sync } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { createCountersign } from '../src/countersign.ts';
import { cheapCost } from './hasher.ts';
import { countersign, newFolder, serve, type Ended, type Running } from './process.ts';
import { basic } from './server.ts';

const env = { BETTER_AUTH_SECRET: 'the secret of an application, for tests only' };

/** The folder of a server that was started once: a copy is cheaper than another start. */
let model: Promise<string> | undefined;
export async function serverFolder(): Promise<string> {
  model ??= (async () => {
    const made = newFolder();
    const [database, keysFile] = [`sqlite:${join(made, 'data', 'countersign.db')}`, join(made, 'data', 'keys.json')];
    await (await createCountersign({ database, keysFile, url: 'http://localhost', hashCost: cheapCost })).close();
    return made;
  })();
  const folder = newFolder();
  cpSync(await model, folder, { recursive: true });
  return folder;
}

export const imports = (folder: string, args: readonly string[], input?: string) =>
  countersign(['import', ...args], { folder, env, ...(input !== undefined && { input }) });

/** The lines of a report. */
export const reportOf = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Readonly<Record<string, string>>);

export const password = 'the password of everybody';
/** For `alg$iterations$salt$hash` of Django, and as bytes. One iteration is enough for a test. */
export const [salt, hash] = [Buffer.from('salt for a test'), pbkdf2Sync(password, 'salt for a test', 1, 32, 'sha256')];

type Expected = 'logs in' | 'is asked for a second factor' | 'is not imported';

export type Importer = {
  readonly format: string;
  /** The users of the source by what they have, which is also their name. All have one password. */
  readonly users: Readonly<Record<string, Expected>>;
  readonly source: (folder: string) => string;
  /** Sources with the user ada, of which no user may be imported, and the reason for each. */
  readonly refused?: Readonly<Record<string, readonly [source: (folder: string) => string, why: RegExp]>>;
};

/** Tests that a password alone does not log in an imported user who had a second factor. */
export function testImporter({ format, users, source, refused = {} }: Importer): void {
  describe(`${format}: with the password alone`, () => {
    let server: Running;
    let empty: Running;
    let first: Ended;
    let report: ReturnType<typeof reportOf>;
    before(async () => {
      empty = await serve({ folder: await serverFolder() });
      server = await serve({ folder: await serverFolder() });
      const file = join(server.folder, 'report.jsonl');
      first = await imports(server.folder, [format, source(server.folder), '--report', file]);
      report = reportOf(file);
      await imports(server.folder, [format, source(server.folder)]);
    });

    for (const [name, expected] of Object.entries(users)) {
      test(`a user with ${name} ${expected}, after a second run too`, async () => {
        assert.equal(await login(server, name), expected);
        const isReported = report.some((line) => line['name'] === name && line['what'] === 'user');
        assert.equal(isReported, expected === 'is not imported', first.stdout);
        assert.equal(first.code, 1);
      });
    }

    for (const [what, [write, why]] of Object.entries(refused)) {
      test(`no user of a source with ${what} is imported, which exit code and report say`, async () => {
        assert.match(await whyRefused(empty.folder, format, write), why);
      });
    }

    test('no user of a source that was refused logs in', async () => {
      assert.equal(await login(empty, 'ada'), 'is not imported');
    });
  });
}

/** The reason in the report for which a source was refused. */
async function whyRefused(folder: string, format: string, write: (folder: string) => string): Promise<string> {
  const file = join(folder, 'refused.jsonl');
  const { code, stdout, stderr } = await imports(folder, [format, write(folder), '--report', file]);
  assert.equal(code, 1, stdout);
  assert.match(stderr, /the source was refused, and no user was imported/);
  assert.match(stdout, /^users: 0 imported, 0 existing, 0 skipped\n/);
  assert.deepEqual(
    reportOf(file).map(({ outcome, what: part }) => [outcome, part]),
    [['skipped', 'source']],
  );
  return reportOf(file)[0]?.['why'] ?? '';
}

/** The result of a login with the password alone. */
export async function login({ url }: Running, name: string): Promise<Expected> {
  const headers = { Authorization: basic(name, password) };
  const { status } = await fetch(`${url}/auth/password`, { headers, redirect: 'manual' });
  if (status === 200) return 'logs in';
  if (status === 302) return 'is asked for a second factor';
  assert.equal(status, 401);
  return 'is not imported';
}

export type Declared = {
  readonly format: string;
  /** A source with the user ada, who has no second factor, and with unknown names. */
  readonly source: (folder: string) => string;
  readonly names: readonly string[];
  /** Names of second factors. */
  readonly factors: readonly string[];
};

/** Tests that unknown names in a source stop its import until the operator declares them harmless. */
export function testHarmless({ format, source, names, factors }: Declared): void {
  test(`${format}: all names that are not known are reported at once, and users come where they are declared harmless`, async () => {
    const server = await serve({ folder: await serverFolder() });
    const file = source(server.folder);
    const run = (...args: readonly string[]) => imports(server.folder, [format, file, ...args]);
    const all = names.toSorted();
    const refused = await run();
    assert.equal(refused.code, 1);
    const refusal = (unknown: readonly string[]) =>
      `source: contains unknown names: ${unknown.join(', ')}; check them, and add --harmless`;
    assert.ok(refused.stdout.includes(refusal(all)), refused.stdout);
    const [first = '', ...rest] = all;
    assert.ok((await run('--harmless', rest.join(','))).stdout.includes(refusal([first])));
    assert.equal(await login(server, 'ada'), 'is not imported');
    for (const factor of factors) {
      const { code, stderr } = await run('--harmless', `${names.join(',')},${factor}`);
      assert.deepEqual(
        [code, stderr.trim()],
        [2, `countersign: --harmless ${factor}: this name is known to belong to second factors`],
      );
    }
    assert.equal(await login(server, 'ada'), 'is not imported');
    const taken = await run('--harmless', first, '--harmless', rest.join(', '));
    assert.equal(taken.code, 0, taken.stdout);
    assert.equal(await login(server, 'ada'), 'logs in');
  });
}
