import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import type { KeyRing } from '../../base/keys.ts';
import { systemRandom } from '../../base/random.ts';
import { createSafe } from '../../base/seal.ts';
import { administratorsWithoutMfa, countToReseal } from '../../engine/operations.ts';
import { readRegister } from '../../store/attempt-register.ts';
import { nextChain } from '../../store/attempt-chain-rows.ts';
import { isRingOf } from '../../store/meta.ts';
import { pendingMigrations } from '../../store/migrate.ts';
import { readJournalMode, readPostgresFacts, type PostgresFacts } from '../../store/server-facts.ts';
import { openDatabase, sqliteFileOf, type Database, type Store } from '../../store/store.ts';
import { explain } from '../explain.ts';
import type { ServerSettings } from '../settings.ts';
import { checkDifference } from './clock.ts';
import { ok, problem, warning, type Finding } from './finding.ts';
import { checkPolicy } from './policy.ts';

export async function checkDatabase(
  { options }: ServerSettings,
  ring: KeyRing | undefined,
): Promise<readonly Finding[]> {
  const url = options.database;
  const file = sqliteFileOf(url);
  // Opening would create it.
  if (file !== undefined && !existsSync(file))
    return [problem('database', `there is no database ${file}`, 'set COUNTERSIGN_DATABASE, or start the server once')];
  const fileFindings = file === undefined ? [] : checkFile(file);
  if (fileFindings.some(({ level }) => level === 'problem')) return fileFindings;
  try {
    const database = openDatabase(url);
    try {
      return [...fileFindings, ...(await checkOpen(database, ring))];
    } finally {
      await database.db.destroy();
    }
  } catch (error) {
    return [
      ...fileFindings,
      problem('database', explain(error).text, 'check that it runs and that this user has access'),
    ];
  }
}

const [little, veryLittle] = [1024 ** 3, 100 * 1024 ** 2];

function checkFile(file: string): readonly Finding[] {
  const folder = dirname(file);
  try {
    for (const place of [file, folder]) accessSync(place, constants.R_OK | constants.W_OK);
  } catch {
    return [problem('database', `${file} cannot be written`, `let the server's user write to it and to ${folder}`)];
  }
  const { bavail, bsize } = statfsSync(folder);
  return [...checkModes(file), ...checkRoom(bavail * bsize, folder)];
}

/** SQLite gives its -wal and -shm the mode of the database. Windows has no such modes. */
function checkModes(file: string): readonly Finding[] {
  if (process.platform === 'win32') return [];
  const open = [file, `${file}-wal`, `${file}-shm`].filter(
    (name) => ((statSync(name, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0,
  );
  if (open.length === 0) return [];
  const names = open.join(' ');
  return [warning('database', `other users can open ${names}`, `run chmod 600 ${names}`)];
}

function checkRoom(left: number, folder: string): readonly Finding[] {
  const state = `${Math.floor(left / 1024 ** 2).toLocaleString('en')} MiB left`;
  if (left < veryLittle) return [problem('disk', state, `delete files on the disk of ${folder}, or enlarge it`)];
  return [
    left < little ? warning('disk', state, `delete files on the disk of ${folder}, or enlarge it`) : ok('disk', state),
  ];
}

async function checkOpen(database: Database, ring: KeyRing | undefined): Promise<readonly Finding[]> {
  const served =
    database.flavour === 'postgres'
      ? judgePostgres(await readPostgresFacts(database), systemClock.now())
      : await checkSqlite(database);
  const { missing, unknown } = await pendingMigrations(database);
  if (unknown.length > 0)
    return [
      ...served,
      problem(
        'migrations',
        `from a newer version of countersign: ${unknown.join(', ')}`,
        'install a newer countersign',
      ),
    ];
  if (missing.length > 0)
    return [
      ...served,
      warning('migrations', `not yet applied: ${missing.length}`, 'the next start runs them, or countersign migrate'),
    ];
  const content = ring ? await checkContent({ db: database.db, safe: createSafe(ring, systemRandom) }, ring) : [];
  return [...served, ok('migrations', 'all have run'), ...content];
}

async function checkSqlite(database: Database): Promise<readonly Finding[]> {
  const mode = await readJournalMode(database);
  if (mode === 'wal') return [ok('database', 'SQLite, with a write-ahead log')];
  return [
    warning('database', `SQLite uses the journal mode ${mode}`, 'put the file on a local disk, not a network share'),
  ];
}

/** Security depends on commits that survive a crash. */
export function judgePostgres(facts: PostgresFacts, now: number): readonly Finding[] {
  const version = `PostgreSQL ${Math.floor(facts.version / 10_000)}`;
  const found = [ok('database', `${version} answers`), checkDifference("the database's clock", facts.now, now)];
  if (facts.readOnly)
    found.push(
      problem('database', `${version} is read-only`, 'set COUNTERSIGN_DATABASE to the primary, not a standby'),
    );
  const lost = 'turn it on, because a spent code may be accepted again after a crash';
  if (!facts.fsync) found.push(problem('database', 'fsync is off', lost));
  if (!facts.fullPageWrites) found.push(problem('database', 'full_page_writes is off', lost));
  if (facts.synchronousCommit === 'off') found.push(problem('database', 'synchronous_commit is off', lost));
  found.push(...judgeStandbys(facts));
  const timeouts = [
    { name: 'statement_timeout', value: facts.statementTimeout },
    { name: 'idle_in_transaction_session_timeout', value: facts.idleTimeout },
  ];
  for (const { name, value } of timeouts)
    // Countersign sets both, but a connection pooler may drop the setting.
    if (value === '0')
      found.push(warning('database', `${name} is off`, `set it for the role: alter role … set ${name} = '10s'`));
  if (facts.version < 140_000)
    found.push(warning('database', `${version} is out of support`, 'upgrade to a supported version'));
  return found;
}

function judgeStandbys({ waitsFor, standbys, synchronousCommit }: PostgresFacts): readonly Finding[] {
  const follow = `${standbys} ${standbys === 1 ? 'standby follows' : 'standbys follow'}`;
  const isWaited = waitsFor !== '' && synchronousCommit !== 'local' && synchronousCommit !== 'off';
  if (isWaited && standbys > 0) return [ok('database', `${follow}, and commits wait for ${waitsFor}`)];
  if (isWaited)
    return [
      problem(
        'database',
        `commits wait for ${waitsFor}, and no standby is connected`,
        'start a standby: until then nothing can be written',
      ),
    ];
  if (standbys === 0) return [];
  const forgets = 'a promoted standby may lack the latest commits: set synchronous_standby_names, or accept that';
  return [warning('database', `${follow}, and no commit waits for one`, forgets)];
}

async function checkContent(store: Store, ring: KeyRing): Promise<readonly Finding[]> {
  const matches = await isRingOf(store);
  if (matches === undefined) return [ok('keys', 'nothing was written to the database yet')];
  if (!matches)
    return [
      problem(
        'keys',
        'the key ring does not belong to this database',
        'set COUNTERSIGN_KEYS to the keys file of this database, or restore that file',
      ),
    ];
  return [
    ok('keys', 'the key ring belongs to the database'),
    await checkSealed(store, ring),
    await checkLog(store),
    await checkPeople(store),
    ...(await checkPolicy(store)),
  ];
}

async function checkSealed(store: Store, ring: KeyRing): Promise<Finding> {
  const values = await countToReseal(store, ring);
  if (values === 0) return ok('keys', 'everything is sealed with the active key');
  return warning('keys', `values sealed with a key that is not active: ${values}`, 'run countersign keys reseal');
}

async function checkLog(store: Store): Promise<Finding> {
  const { register, strands, older } = await readRegister(store);
  if (register === undefined && older === 0 && (await nextChain(store, undefined)) === undefined)
    return ok('log', 'no attempt was logged yet');
  if (register?.strands !== strands || register.older !== older)
    return problem('log', 'the audit log does not match its register', 'run countersign attempts verify');
  return ok('log', 'the register of its chains is complete; countersign attempts verify checks every row');
}

async function checkPeople(store: Store): Promise<Finding> {
  const count = await administratorsWithoutMfa(store);
  if (count === 0) return ok('administrators', 'each has a second factor');
  return warning('administrators', `${count} without a second factor`, 'have them enroll one, or require it');
}
