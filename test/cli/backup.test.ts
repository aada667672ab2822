import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import { day, minute, second } from '../../src/base/clock.ts';
import { countersign, outputOf, errorLineOf, newFolder, serve } from '../../kit/process.ts';
import { basic } from '../../kit/server.ts';

const ada = { name: 'ada', password: 'ada in the library' };

/** Damage that nothing but a look at everything finds: an index that lacks what its table has. */
function loseFromIndex(file: string): void {
  using database = new DatabaseSync(file, { defensive: false });
  const index = "name = 'users_account_id_name_key'";
  const kept = database.prepare(`select * from sqlite_schema where ${index}`).get();
  assert.ok(kept);
  database.exec(
    `pragma writable_schema = on; delete from sqlite_schema where ${index}; pragma writable_schema = reset`,
  );
  database.exec("delete from users where name = 'admin'");
  database.exec('pragma writable_schema = on');
  database.prepare('insert into sqlite_schema values (?, ?, ?, ?, ?)').run(...Object.values(kept));
}

describe('a backup', () => {
  test('is taken while people log in, and restored they log in again; sessions of before are over', async () => {
    const server = await serve({ env: { COUNTERSIGN_REGISTRATION: 'open' } });
    const { folder } = server;
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(server.url + path, init);
      return {
        status: response.status,
        said: (await response.json().catch(() => ({}))) as Readonly<Record<string, unknown>>,
      };
    };
    const json = (body: object, token?: string) => ({
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', ...(token !== undefined && { Authorization: `Bearer ${token}` }) },
    });
    const { said } = await ask('/users', json(ada));
    const token = String(said['token']);
    const begun = await ask('/mfa/totp/request', { ...json({}, token), method: 'PUT' });
    const secret = String(begun.said['secret']);
    const code = (steps: number) =>
      new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });
    assert.equal(
      (await ask('/mfa/totp/verify', { ...json({ mfa_code: code(-1) }, token), method: 'PUT' })).status,
      200,
    );

    const stop = new AbortController();
    const crowd = (async () => {
      for (let guest = 0; !stop.signal.aborted; guest += 1)
        assert.equal((await ask('/users', json({ name: `guest ${guest}`, password: 'a guest has this' }))).status, 201);
    })();
    const copy = join(folder, 'copy.db');
    const told = outputOf(await countersign(['backup', copy], { folder }));
    stop.abort();
    await crowd;
    assert.match(told, /^backed up [\d,]+ users to .*copy\.db \([\d.]+ MB\)\nback up the key ring /);
    assert.equal(statSync(copy).mode & 0o777, 0o600);
    assert.equal(existsSync(`${copy}.part`), false);
    using closed = new DatabaseSync(copy, { readOnly: true });
    // With a log beside it, it could not be opened where nothing may be written.
    assert.equal(closed.prepare('pragma journal_mode').get()?.['journal_mode'], 'delete');
    assert.match(errorLineOf(await countersign(['backup', copy], { folder }), 2), /the file .* exists already/);
    assert.equal(readFileSync(copy).includes(secret), false);

    const elsewhere = newFolder();
    mkdirSync(join(elsewhere, 'data'));
    copyFileSync(join(folder, 'data/keys.json'), join(elsewhere, 'data/keys.json'));
    const before = Date.now();
    const restored = outputOf(await countersign(['restore', copy], { folder: elsewhere }));
    assert.match(
      restored,
      /^restored [\d,]+ users to .*, as it was at \d{4}-.*; every session has ended\nstart the servers after /,
    );
    // Codes of an app with the longest period, 120 seconds, are accepted in three of its steps.
    const [, safe = ''] = /after ([\d:]{8}) \(UTC\)/.exec(restored) ?? [];
    const wait = (Date.parse(`${new Date(before).toISOString().slice(0, 11)}${safe}Z`) - before + day) % day;
    assert.ok(wait > 6 * minute - second && wait < 7 * minute, `${wait} ms`);
    assert.match(
      errorLineOf(await countersign(['restore', copy], { folder: elsewhere }), 2),
      /the database .* exists already/,
    );
    const again = await serve({ folder: elsewhere });
    const me = await fetch(`${again.url}/users/me`, { headers: { Authorization: `Bearer ${token}` } });
    assert.equal(me.status, 401, 'a session of before');
    const login = { username: ada.name, password: ada.password, mfa_code: code(0) };
    assert.equal((await fetch(`${again.url}/mfa/authtoken/login`, json(login))).status, 200);
    const wrong = await fetch(`${again.url}/auth/password`, { headers: { Authorization: basic(ada.name, 'x') } });
    assert.equal(wrong.status, 401);
  });

  test('that is no database, is damaged, or is of another key ring is not taken', async () => {
    const server = await serve();
    const copy = join(server.folder, 'copy.db');
    outputOf(await countersign(['backup', copy], { folder: server.folder }));
    const elsewhere = newFolder();
    const restore = async (file: string) => {
      const said = errorLineOf(await countersign(['restore', file], { folder: elsewhere }), 2);
      assert.equal(existsSync(join(elsewhere, 'data/countersign.db')), false);
      return said;
    };
    assert.match(await restore(join(elsewhere, 'nothing.db')), /there is no file/);
    assert.match(await restore(copy), /there is no keys file/);
    outputOf(await countersign(['keys', 'make'], { folder: elsewhere }));
    assert.match(await restore(copy), /does not match the database/);
    const text = join(elsewhere, 'text.db');
    writeFileSync(text, 'no database at all, but some text that is long enough to be looked at');
    assert.match(await restore(text), /cannot be copied: file is not a database/);
    const damaged = join(elsewhere, 'damaged.db');
    const bytes = readFileSync(copy);
    writeFileSync(damaged, bytes.fill(0xaa, bytes.length - 4096));
    assert.match(await restore(damaged), /damaged|malformed/);
    const gaps = join(elsewhere, 'gaps.db');
    copyFileSync(copy, gaps);
    loseFromIndex(gaps);
    assert.match(await restore(gaps), /it is damaged: .*index/);
    const others = join(elsewhere, 'others.db');
    using other = new DatabaseSync(others);
    other.exec('create table users (name text)');
    assert.match(await restore(others), /it is not a Countersign database/);
  });

  test('of nothing, and of PostgreSQL, is none', async () => {
    const folder = newFolder();
    assert.match(errorLineOf(await countersign(['backup', 'x.db'], { folder }), 2), /there is no database/);
    const env = { COUNTERSIGN_DATABASE: 'postgres://localhost/x' };
    assert.match(errorLineOf(await countersign(['backup', 'x.db'], { folder, env }), 2), /pg_dump/);
  });
});
