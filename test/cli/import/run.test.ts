import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Secret, TOTP } from 'otpauth';
import { unpaddedBase64 } from '../../../src/base/password-hash.ts';
import { countersign, inheritedEnvironment, mainFile, errorLineOf, serve, type Ended } from '../../../kit/process.ts';
import { serverFolder, imports, reportOf } from '../../../kit/imports.ts';
import { basic } from '../../../kit/server.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/import/${name}`, import.meta.url));

/** All that is kept of people, without what differs from run to run. */
function everybody(folder: string): readonly Readonly<Record<string, unknown>>[] {
  const database = new DatabaseSync(join(folder, 'data', 'countersign.db'), { readOnly: true });
  const sql = `select u.name, u.email, u.roles, u.epoch, group_concat(a.kind || '/' || a.status || '/' || coalesce(a.label, ''), ' ') as held,
      (select count(*) from attempts t where t.user_id = u.id and t.action = 'user.import') as imports
    from users u left join authenticators a on a.user_id = u.id where u.name != 'admin' group by u.id order by u.name`;
  const rows = database.prepare(sql).all();
  database.close();
  return rows.map((row) => ({ ...row }));
}

function writeDatabase(folder: string): string {
  const file = join(folder, 'app.db');
  const database = new DatabaseSync(file);
  database.exec(readFileSync(fixture('better-auth.sql'), 'utf8'));
  database.close();
  return file;
}

const failed = 'countersign: some items were skipped: see above, or use --report for each\n';

describe('an import of each format', { concurrency: 2 }, () => {
  /** Whom the fixture holds that can log in, with the seed of their app where they have one; and what the import says. */
  type Expected = {
    readonly file: (folder: string) => string;
    readonly people: readonly (readonly [
      name: string,
      password: string,
      app?: ConstructorParameters<typeof TOTP>[0],
    ])[];
    readonly said: RegExp;
  };
  const ofText = (text: string) => new Secret({ buffer: new Uint8Array(Buffer.from(text)).buffer });
  const [, betterSeed = ''] = /ada's seed is (\S+)/.exec(readFileSync(fixture('better-auth.sql'), 'utf8')) ?? [];
  const expected: Readonly<Record<string, Expected>> = {
    'better-auth': {
      file: writeDatabase,
      people: [
        ['ada', 'the password of ada', { secret: Secret.fromBase32(betterSeed) }],
        ['bob@example.com', 'the pässword of bob'],
      ],
      said: /^users: 3 imported, 0 existing, 1 skipped\n/,
    },
    django: {
      file: () => fixture('django.json'),
      people: [
        ['ada', 'the password of ada', { secret: ofText('12345678901234567890') }],
        ['bob', 'the password of bob'],
      ],
      said: /^users: 5 imported, 0 existing, 2 skipped\n/,
    },
    keycloak: {
      file: () => fixture('keycloak.json'),
      people: [
        ['ada', 'the password of ada', { secret: ofText('fnCXRPvKyTxZwvCzxwZR') }],
        ['bob', 'the password of bob'],
        [
          'cy',
          'the password of cy',
          { secret: ofText('12345678901234567890123456789012'), algorithm: 'SHA256', digits: 8, period: 60 },
        ],
      ],
      said: /^users: 5 imported, 0 existing, 4 skipped\n/,
    },
  };

  for (const [format, { file, people, said }] of Object.entries(expected)) {
    test(`${format}: people log in with the password they had and the next code of their app; a second time changes nothing`, async () => {
      const server = await serve({ folder: await serverFolder() });
      const source = file(server.folder);
      const first = await imports(server.folder, [format, source]);
      assert.match(first.stdout, said);
      assert.deepEqual([first.code, first.stderr], [1, failed]);
      for (const [name, password, app] of people) {
        const Authorization = basic(name, password);
        const asked = await fetch(`${server.url}/auth/password`, { headers: { Authorization }, redirect: 'manual' });
        assert.equal(asked.status, app ? 302 : 200, name);
        if (!app) continue;
        const { challenge_token } = (await asked.json()) as { challenge_token: string };
        const totp = new TOTP(app);
        const token = totp.generate({ timestamp: Date.now() + totp.period * 1000 });
        const answered = await fetch(`${server.url}/auth/totp`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ challenge_token, token }),
        });
        assert.equal(answered.status, 200, name);
      }
      const there = everybody(server.folder);
      const again = await imports(server.folder, [format, source]);
      assert.match(again.stdout, /^users: 0 imported, /);
      assert.deepEqual(everybody(server.folder), there);
    });
  }

  test('otpauth-migration: people come with their apps and without a password', async () => {
    const folder = await serverFolder();
    const { stdout } = await imports(
      folder,
      ['otpauth-migration', '-'],
      readFileSync(fixture('otpauth-migration.txt'), 'utf8'),
    );
    assert.match(stdout, /^users: 2 imported, 0 existing, 3 skipped\n/);
    assert.deepEqual(
      everybody(folder).map(({ name, email, roles, epoch, held }) => [name, email, roles, epoch, held]),
      [
        ['ada', null, '["user"]', 0, 'totp/active/Example totp/active/Other'],
        ['bob@example.com', null, '["user"]', 0, 'totp/active/'],
      ],
    );
  });
});

const seed = (at: number) =>
  'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQ'.padEnd(29) +
  String(at)
    .padStart(3, '2')
    .replaceAll(/[^2-7]/g, '7');
const hash = `$scrypt$ln=14,r=16,p=1$${unpaddedBase64(Buffer.alloc(16, 1))}$${unpaddedBase64(Buffer.alloc(64, 2))}`;
const line = (at: number) =>
  `${JSON.stringify({ name: `user ${at}`, password: hash, factors: [{ type: 'totp', secret: seed(at % 100) }] })}\n`;

function linesIn(folder: string, lines: string): string {
  const file = join(folder, 'source.jsonl');
  writeFileSync(file, lines);
  return file;
}

describe('an import', { concurrency: 2 }, () => {
  let folder: string;
  before(async () => {
    folder = await serverFolder();
  });

  test('that is killed in the middle and begun again ends as one that was not', async () => {
    const [broken, whole] = [await serverFolder(), await serverFolder()];
    const lines = Array.from({ length: 3000 }, (_, at) => line(at));
    const file = linesIn(broken, lines.join(''));
    const child = spawn(process.execPath, [mainFile, 'import', 'jsonl', file], {
      cwd: broken,
      env: inheritedEnvironment,
      stdio: 'ignore',
    });
    const ended = once(child, 'close');
    while (everybody(broken).length === 0) await pause(5);
    child.kill('SIGKILL');
    await ended;
    const some = everybody(broken).length;
    assert.ok(some > 0 && some < 3000);

    const said = await imports(broken, ['jsonl', file]);
    assert.equal(
      said.stdout,
      `users: ${(3000 - some).toLocaleString('en')} imported, ${some.toLocaleString('en')} existing, 0 skipped\n`,
    );
    assert.equal((await imports(whole, ['jsonl', file])).code, 0);
    assert.deepEqual(everybody(broken), everybody(whole));
    assert.match(
      (await countersign(['attempts', 'verify'], { folder: broken })).stdout,
      /nothing was changed, removed or added\n$/,
    );
  });

  test('that is dry writes nothing and says what it would do', async () => {
    const text = line(1) + line(2) + line(3) + line(1) + '{"name":"a:b"}\n';
    const dry = await imports(folder, ['jsonl', linesIn(folder, text), '--dry-run']);
    assert.equal(
      dry.stdout,
      `users: 2 would be imported, 0 existing, 3 would be skipped
would be skipped:
        2  user: the name appears in the source more than once
        1  user: the name must not contain a colon
`,
    );
    assert.deepEqual([dry.code, everybody(folder)], [1, []]);
    const wet = await imports(await serverFolder(), ['jsonl', linesIn(folder, text)]);
    assert.equal(
      wet.stdout,
      dry.stdout.replace('would be imported', 'imported').replaceAll('would be skipped', 'skipped'),
    );
  });

  test('takes the lines that the page shows, whole', async () => {
    const page = readFileSync(new URL('../../../docs/import.md', import.meta.url), 'utf8');
    const [, lines = ''] = /```jsonl\n(.*?)```/s.exec(page) ?? [];
    const { code, stdout } = await imports(await serverFolder(), ['jsonl', linesIn(folder, lines)]);
    assert.deepEqual([code, stdout], [0, 'users: 3 imported, 0 existing, 0 skipped\n']);
  });

  test('goes into the account that is named, and into none that is not there', async () => {
    const said = errorLineOf(await imports(folder, ['jsonl', linesIn(folder, ''), '--account', 'west']), 1);
    assert.equal(said, 'countersign: west: there is no such account');
  });

  test('names in a file what was not taken, with its reason and nothing secret', async () => {
    const own = await serverFolder();
    const secrets = ['hunter22', 'GEZDGNBVGY3TQOJQ', '$2b$10$N9qo8uLOickgx2ZMRZoMye', '0123456789ab'];
    const [word, seedText, bcrypt, code] = secrets;
    const text = [
      { name: 'ada', password: bcrypt, factors: [{ type: 'totp', secret: seedText }] },
      { name: 'bob', password: word },
      {
        name: 'cy',
        phone: code,
        email: word,
        firstName: `${word}\u0000`,
        factors: [{ type: 'sms', phone: '+19005550123' }],
      },
      { name: `${word}\u0007` },
      { name: 'dee', [word ?? '']: 1 },
      { name: 'ADMIN' },
    ]
      .map((one) => `${JSON.stringify(one)}\n`)
      .join('');
    const report = join(own, 'report.jsonl');
    const said = await imports(own, ['jsonl', linesIn(own, text), '--report', report]);
    const cut = await imports(own, ['jsonl', linesIn(own, `${text}${word}\n`), '--report', `${report}.cut`]);
    const refused = (at: number, name: string | undefined, what: string, why: string) => ({
      at: `line ${at}`,
      ...(name !== undefined && { name }),
      outcome: 'skipped',
      what,
      why,
    });
    const noHash = 'has an unsupported format or cost';
    const lessProtected =
      'none of their second factors can be imported, and with a password alone they would be less protected';
    assert.deepEqual(reportOf(report), [
      refused(1, 'ada', 'totp', 'must be base32 of 128 bits or more'),
      refused(1, 'ada', 'password', noHash),
      refused(1, 'ada', 'user', lessProtected),
      refused(2, 'bob', 'password', noHash),
      refused(3, 'cy', 'email', 'Invalid email address'),
      refused(3, 'cy', 'phone', 'must be a number with + and country code (E.164)'),
      refused(3, 'cy', 'firstName', 'contains invisible characters'),
      refused(3, 'cy', 'sms', 'Invalid E.164 number'),
      refused(3, 'cy', 'user', lessProtected),
      refused(4, undefined, 'user', 'the name contains invisible characters'),
      refused(5, 'dee', 'user', 'has an unknown member'),
      { at: 'line 6', name: 'ADMIN', outcome: 'existing' },
    ]);
    assert.deepEqual(reportOf(`${report}.cut`), [refused(7, undefined, 'source', 'is not valid I-JSON (RFC 7493)')]);
    const shown = [report, `${report}.cut`].map((file) => readFileSync(file, 'utf8'));
    const all = [said.stdout, said.stderr, cut.stdout, cut.stderr, ...shown].join('\n');
    for (const secret of secrets) assert.ok(!all.includes(secret), secret);
  });

  test('shows a line now and then where there is no terminal', async () => {
    const own = await serverFolder();
    const source = join(own, 'source.jsonl');
    writeFileSync(source, Array.from({ length: 10_000 }, () => line(1)).join(''));
    const { stderr } = await imports(own, ['jsonl', source, '--dry-run']);
    assert.match(stderr, /^\[#{30}\] 100% checked 10,000 users\n/);
  });

  const wrong: Readonly<Record<string, readonly [args: readonly string[], said: RegExp]>> = {
    'a format that is not there': [
      ['csv', 'file'],
      /'csv' is invalid.*jsonl, better-auth, django, keycloak, otpauth-migration/,
    ],
    'a file that is not there': [['jsonl', 'nothing.jsonl'], /there is no file nothing\.jsonl$/],
    'standard input, for Django': [['django', '-'], /cannot be read twice: give a file$/],
    'standard input, for JSON lines': [['jsonl', '-'], /cannot be read twice: give a file$/],
    'standard input, for Keycloak': [['keycloak', '-'], /cannot be read twice: give a file$/],
    'a flag that another format does not have': [['jsonl', '-', '--no-second-factors'], /is for django/],
    'names in a format that has none': [['jsonl', '-', '--harmless', 'a'], /is for better-auth, django and keycloak/],
    'standard input, for a database': [['better-auth', '-'], /cannot be read from standard input: give a file$/],
  };
  for (const [what, [args, said]] of Object.entries(wrong)) {
    test(`is told of ${what} in one line`, async () => {
      assert.match(errorLineOf((await imports(folder, args)) satisfies Ended, 2), said);
      assert.ok(existsSync(folder));
    });
  }
});
