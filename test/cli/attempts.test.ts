import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { before, describe, test } from 'node:test';
import {
  countersign,
  outputOf,
  inheritedEnvironment,
  mainFile,
  errorLineOf,
  newFolder,
  serve,
} from '../../kit/process.ts';
import { basic } from '../../kit/server.ts';

const admin = { name: 'admin', password: 'the first of them all' };

/** A folder whose database has a log: the making of the administrator, and some logins that failed. */
async function makeLog(): Promise<string> {
  const server = await serve({ env: { COUNTERSIGN_ADMIN_PASSWORD: admin.password } });
  const login = async (name: string, secret: string) =>
    (await fetch(`${server.url}/auth/password`, { headers: { Authorization: basic(name, secret) } })).status;
  assert.equal(await login(admin.name, 'a wrong guess'), 401);
  assert.equal(await login(admin.name, admin.password), 200);
  assert.equal(await login('nobody', 'a wrong guess'), 401);
  await server.stop();
  return server.folder;
}

let log: Promise<string> | undefined;

/** A copy of it, for a server takes longer to start than a command. */
async function folderWithLog(): Promise<string> {
  log ??= makeLog();
  const folder = newFolder();
  cpSync(await log, folder, { recursive: true });
  return folder;
}

type Row = Readonly<Record<string, string | number | null>>;

function change(folder: string, sql: string): void {
  const database = new DatabaseSync(join(folder, 'data', 'countersign.db'));
  database.exec(sql);
  database.close();
}

function rowsIn(folder: string): readonly Row[] {
  const database = new DatabaseSync(join(folder, 'data', 'countersign.db'));
  const rows = database.prepare('select * from attempts order by id').all();
  database.close();
  return rows as unknown as readonly Row[];
}

const attempts = (folder: string, ...args: readonly string[]) => countersign(['attempts', ...args], { folder });

const exported = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Row);

describe('the log of attempts at the machine', { concurrency: 3 }, () => {
  let folder: string;
  before(async () => {
    folder = await folderWithLog();
  });

  test('verify says where each chain ends, and that nothing is wrong', async () => {
    const said = outputOf(await attempts(folder, 'verify'));
    const rows = rowsIn(folder);
    const strandOfUser = rows.find(({ user_id }) => user_id !== null)?.strand;
    // Attempts without a user may be in the same chain.
    const newest = rows.findLast((row) => row.strand === strandOfUser);
    assert.ok(newest);
    const { strand, seq, id, hash } = newest;
    assert.ok(said.includes(`intact   chain=${strand} seq=${seq} id=${id} hash=${hash}\n`), said);
    assert.match(said, /\nchecked 4 attempts in [12] chains\nnothing was changed, removed or added\n$/);
    assert.equal(outputOf(await attempts(folder, 'verify', '--account', 'root')), said);
    assert.equal(outputOf(await attempts(folder, 'verify', '--account', strand?.toString().split('/')[0] ?? '')), said);
  });

  test('export writes every attempt as a line of JSON, with all that is kept of it', async () => {
    const lines = exported(outputOf(await attempts(folder, 'export')));
    const rows = rowsIn(folder).map(({ at, ...rest }) => ({ ...rest, at: new Date(Number(at)).toISOString() }));
    assert.deepEqual<unknown>(lines, rows);
    assert.deepEqual(
      lines.map(({ reason }) => reason),
      [null, 'wrong', null, 'unknown_user'],
    );
    assert.deepEqual(Object.keys(lines[0] ?? {}), [
      'id',
      'at',
      'account_id',
      'user_id',
      'action',
      'auth_module',
      'factor',
      'outcome',
      'reason',
      'session_id',
      'client_ip',
      'user_agent',
      'request_id',
      'provider_name',
      'auth_config_origin',
      'mfa_config_origin',
      'object_id',
      'detail',
      'strand',
      'seq',
      'hash',
    ]);
  });

  test('export takes an account, a first instant and a last', async () => {
    const rows = rowsIn(folder);
    const at = new Date(Number(rows[2]?.at)).toISOString();
    const after = exported(outputOf(await attempts(folder, 'export', '--account', 'root', '--from', at)));
    assert.deepEqual(
      after.map(({ id }) => id),
      rows.slice(2).map(({ id }) => id),
    );
    const upTo = exported(outputOf(await attempts(folder, 'export', '--to', at)));
    assert.deepEqual(
      upTo.map(({ id }) => id),
      rows.slice(0, 2).map(({ id }) => id),
    );
    assert.equal(outputOf(await attempts(folder, 'export', '--from', '2999-01-01')), '');
  });

  test('an account that is not there is refused', async () => {
    for (const command of ['verify', 'export']) {
      const line = errorLineOf(await attempts(folder, command, '--account', 'mars'), 1);
      assert.equal(line, 'countersign: mars: there is no such account');
    }
  });
});

test('verify names what was changed, removed and added, and ends with 1', async () => {
  const folder = await folderWithLog();
  const [made, , login] = rowsIn(folder);
  assert.ok(made && login);
  change(folder, `update attempts set reason = 'replayed' where id = '${made.id}'`);
  const changed = await attempts(folder, 'verify');
  assert.match(changed.stdout, new RegExp(`^changed  chain=${made.strand} seq=1 id=${made.id}: `, 'm'));
  assert.equal(changed.code, 1);
  assert.match(changed.stderr, /^countersign: the log does not verify: 1 [^\n]+\n$/);
  assert.ok(!changed.stdout.includes('nothing was changed'));

  change(folder, `delete from attempts where id = '${made.id}'`);
  change(folder, `insert into attempts (id, at, action, outcome) values ('202699-a', 1, 'login', 'success')`);
  const more = await attempts(folder, 'verify');
  assert.match(more.stdout, new RegExp(`^removed  chain=${made.strand} seq=1 id=-: the row is missing$`, 'm'));
  assert.match(more.stdout, /^added {4}chain=- seq=- id=202699-a: /m);
  assert.equal(more.code, 1);
  assert.match(more.stderr, /: 2 findings/);
});

test('prune removes what is old, says how much, and is itself in the log', async () => {
  const folder = await folderWithLog();
  assert.match(
    outputOf(await attempts(folder, 'prune', '--older-than', '400d')),
    /^removed 0 attempts from before \S+Z\n$/,
  );
  const tomorrow = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  assert.match(errorLineOf(await attempts(folder, 'prune', '--before', tomorrow(2)), 2), /--before is in the future/);
  assert.equal(rowsIn(folder).length, 4);
  const now = new Date().toISOString();
  assert.equal(outputOf(await attempts(folder, 'prune', '--before', now)), `removed 4 attempts from before ${now}\n`);
  assert.deepEqual(
    rowsIn(folder).map(({ action, object_id }) => [action, object_id]),
    [['attempts.prune', now]],
  );
  assert.match(outputOf(await attempts(folder, 'verify')), /\nchecked 1 attempts in .*\nnothing was changed/);
});

test('prune leaves what is not as it was written, names it, and ends with 1', async () => {
  const folder = await folderWithLog();
  const [made] = rowsIn(folder);
  change(folder, `update attempts set outcome = 'failed' where id = '${made?.id}'`);
  const { code, stdout, stderr } = await attempts(folder, 'prune', '--before', new Date().toISOString());
  assert.match(stdout, /^removed [01] attempts /);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`^countersign: these chains do not verify, .*: ${made?.strand}\n$`));
  assert.ok(rowsIn(folder).some(({ id }) => id === made?.id));
});

test('export ends quietly when nobody reads on', async () => {
  const folder = await folderWithLog();
  const many = `with recursive n (n) as (select 1 union all select n + 1 from n where n < 20000)
    insert into attempts (id, at, action, outcome) select 'x' || n, n, 'login', 'failed' from n`;
  change(folder, many);
  const child = spawn(process.execPath, [mainFile, 'attempts', 'export'], {
    cwd: folder,
    env: inheritedEnvironment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (text) => (complaint += String(text)));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = (await once(child, 'close')) as [number | null];
  assert.deepEqual([code, complaint], [0, '']);
});

describe('a mistake is one line and exit code 2', { concurrency: 3 }, () => {
  const mistakes: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [['prune'], /give --older-than or --before$/],
    [['prune', '--older-than', '400'], /It must be a number of days, such as 400d/],
    [['prune', '--older-than', '0d'], /It must be a number of days/],
    [['prune', '--older-than', '9d', '--before', '2026-01-01'], /cannot be used with/],
    [['prune', '--before', 'yesterday'], /It must be a date such as/],
    [['prune', '--before', '2026-02-30'], /It must be a date such as/],
    [['export', '--from', '2026-01-01T12:00:00'], /It must be a date such as/],
    [['verify'], /no database .*countersign\.db/],
  ];
  for (const [args, said] of mistakes) {
    test(args.join(' '), async () => {
      assert.match(errorLineOf(await attempts(newFolder(), ...args), 2), said);
    });
  }
});
