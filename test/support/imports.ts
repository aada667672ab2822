import assert from 'node:assert/strict';
import { pbkdf2Sync } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { createCountersign } from '../../src/countersign.ts';
import { cheapCost } from './hasher.ts';
import { countersign, newFolder, serve, type Ended, type Running } from './process.ts';
import { basic } from './server.ts';

const env = { BETTER_AUTH_SECRET: 'the secret of an application, for tests only' };

/** A house that was started once, to be copied: making one costs more than most of these tests. */
let model: Promise<string> | undefined;
export async function houseFolder(): Promise<string> {
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
/** As `alg$iterations$salt$hash` of Django, and as bytes. One round, for it is only a test. */
export const [salt, hash] = [Buffer.from('salt for a test'), pbkdf2Sync(password, 'salt for a test', 1, 32, 'sha256')];

type Expected = 'logs in' | 'is asked for a second factor' | 'is not imported';

export type Importer = {
  readonly format: string;
  /** Writes a source with all users, each named by what they have, whose password is that of everybody. */
  readonly users: Readonly<Record<string, Expected>>;
  readonly source: (folder: string) => string;
  /** Sources of which no user may be imported, and what is said of each. */
  readonly refused?: Readonly<Record<string, readonly [source: (folder: string) => string, why: RegExp]>>;
};

/** Tests of an importer that a password alone never logs in a user who had a second factor. */
export function testImporter({ format, users, source, refused = {} }: Importer): void {
  describe(`${format}: with the password alone`, () => {
    let server: Running;
    let first: Ended;
    let report: ReturnType<typeof reportOf>;
    before(async () => {
      server = await serve({ folder: await houseFolder() });
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
        const folder = await houseFolder();
        const file = join(folder, 'refused.jsonl');
        const { code, stdout } = await imports(folder, [format, write(folder), '--report', file]);
        assert.equal(code, 1, stdout);
        assert.match(stdout, /^users: 0 made, 0 there already, 0 not taken\n/);
        assert.deepEqual(
          reportOf(file).map(({ outcome, what: part }) => [outcome, part]),
          [['not taken', 'source']],
        );
        assert.match(reportOf(file)[0]?.['why'] ?? '', why);
      });
    }
  });
}

/** What the password alone leads to. */
export async function login({ url }: Running, name: string): Promise<Expected> {
  const headers = { Authorization: basic(name, password) };
  const { status } = await fetch(`${url}/auth/password`, { headers, redirect: 'manual' });
  if (status === 200) return 'logs in';
  if (status === 302) return 'is asked for a second factor';
  assert.equal(status, 401);
  return 'is not imported';
}
