import assert from 'node:assert/strict';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { sql } from 'kysely';
import { writeKeyFile } from '../../src/base/key-file.ts';
import { keyKinds, makeKeyRing } from '../../src/base/keys.ts';
import { systemRandom } from '../../src/base/random.ts';
import { ringAt, withNextKeys } from '../../src/base/rotation.ts';
import { checkDifference } from '../../src/cli/doctor/clock.ts';
import { judgePostgres } from '../../src/cli/doctor/database.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { createCountersign } from '../../src/countersign.ts';
import { onEachDatabase, type Opened, type TestDatabase } from '../../kit/databases.ts';
import { cheapCost } from '../../kit/hasher.ts';
import { countersign, newFolder } from '../../kit/process.ts';

type Seen = { readonly code: number | null; readonly said: string; readonly findings: readonly Finding[] };

async function doctor(env: Readonly<Record<string, string>>): Promise<Seen> {
  const { code, stdout, stderr } = await countersign(['doctor', '--json'], { env });
  return { code, said: stdout + stderr, findings: JSON.parse(stdout) as readonly Finding[] };
}

/** The findings of doctor, except those of every server without gateways and users. */
function amiss({ findings }: Seen): readonly string[] {
  const expected = ['gateways', 'administrators', 'server'];
  // The tests' own PostgreSQL waits for no disk.
  const isOfTheTests = ({ state }: Finding) => state === 'fsync is off' || state === 'full_page_writes is off';
  const wrong = findings.filter(
    ({ level, check }) => level === 'problem' || (level === 'warning' && !expected.includes(check)),
  );
  return wrong
    .filter((finding) => !isOfTheTests(finding))
    .map(({ level, check, state, advice }) => `${level} ${check} ${state}: ${advice}`);
}

/** A server that was started once, and is in order. */
async function scene(on: TestDatabase) {
  const opened = await on.bare();
  const keysFile = join(newFolder(), 'keys.json');
  const ring = makeKeyRing(systemRandom);
  writeKeyFile(keysFile, ring, systemRandom);
  if (on.flavour === 'postgres') await set(opened, 'synchronous_commit = on');
  const options = { database: opened.url, keysFile, url: 'https://house.example', hashCost: cheapCost };
  await (await createCountersign(options)).close();
  const env = {
    COUNTERSIGN_DATABASE: opened.url,
    COUNTERSIGN_KEYS: keysFile,
    // Nobody answers here.
    COUNTERSIGN_URL: 'https://127.0.0.1:1',
  };
  return { opened, keysFile, ring, env, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
}

const set = (opened: Opened, setting: string) =>
  change(opened, `alter database ${new URL(opened.url).pathname.slice(1)} set ${setting}`);

type Case = readonly [
  what: string,
  spoil: (on: Awaited<ReturnType<typeof scene>>) => unknown,
  found: RegExp,
  env?: Readonly<Record<string, string>>,
];

const change = ({ db }: Opened, text: string) => sql.raw(text).execute(db);

const ofFiles: readonly Case[] = [
  ['keys that are not there', ({ keysFile }) => rmSync(keysFile), /^problem keys there is no keys file .*keys make$/],
  ['keys that others can read', ({ keysFile }) => chmodSync(keysFile, 0o644), /^problem keys .*chmod 600/],
  [
    'a database that others can read',
    ({ opened }) => chmodSync(opened.url.replace('sqlite:', ''), 0o644),
    /^warning database other users can open (\S+): run chmod 600 \1$/,
  ],
  [
    'a write-ahead log that others can read',
    ({ opened }) => {
      const file = `${opened.url.replace('sqlite:', '')}-wal`;
      writeFileSync(file, '', { flag: 'a' });
      chmodSync(file, 0o640);
    },
    /^warning database other users can open \S+-wal: run chmod 600 \S+-wal$/,
  ],
  ['keys that are none', ({ keysFile }) => writeFileSync(keysFile, '{}'), /^problem keys .*is not a valid key ring/],
  ['an address without TLS', () => {}, /^problem url .*is not https/, { COUNTERSIGN_URL: 'http://house.example' }],
];

const cases: readonly Case[] = [
  [
    'the keys of another server',
    ({ keysFile }) => {
      rmSync(keysFile);
      writeKeyFile(keysFile, makeKeyRing(systemRandom), systemRandom);
    },
    /^problem keys the key ring does not belong to this database/,
  ],
  [
    'values under a key that is not active any more',
    ({ keysFile, ring }) => {
      const rotated = ringAt(withNextKeys(ring, keyKinds, 0, systemRandom), 1);
      writeFileSync(keysFile, JSON.stringify(rotated));
    },
    /^warning keys values sealed with a key that is not active: 2: .*keys reseal$/,
  ],
  [
    'a database that a newer program has changed',
    ({ opened }) => change(opened, "insert into migrations (name, applied_at) values ('9999-later', 0)"),
    /^problem migrations from a newer version of countersign: 9999-later/,
  ],
  [
    'a log that lost a strand',
    ({ opened }) => change(opened, 'delete from attempt_chains'),
    /^problem log .*attempts verify$/,
  ],
  [
    'a rule that leaves login methods open',
    ({ opened }) =>
      change(
        opened,
        `insert into security (account_id, auth_modules, revision, updated_at)
         select id, '{"cb_auth":{"multi_factor":{"enabled":true}},"device":{"enabled":false}}', 1, 0 from accounts`,
      ),
    /^warning policy root requires a second factor, but not for user_auth, apikey, browser: .*"default"$\nwarning policy no user of root can log in through authtoken, oauth2, password: .*countersign policy remove/m,
  ],
];

onEachDatabase('doctor', (on) => {
  test('finds nothing amiss in a server that is in order, and says so with exit code 0', async () => {
    await using options = await scene(on);
    const seen = await doctor(options.env);
    assert.deepEqual(amiss(seen), []);
    if (on.flavour === 'sqlite') assert.equal(seen.code, 0);
    const checks = new Set(seen.findings.map(({ check }) => check));
    for (const check of [
      'configuration',
      'url',
      'gateways',
      'keys',
      'database',
      'migrations',
      'log',
      'administrators',
      'policy',
    ])
      assert.ok(checks.has(check), check);
    for (const { secret } of [...options.ring.sealing, ...options.ring.mac]) assert.ok(!seen.said.includes(secret));
    const { password } = new URL(options.opened.url.replace('sqlite:', 'file:'));
    assert.ok(password === '' || !seen.said.includes(password));
  });

  // What has nothing to do with the database is looked at once.
  for (const [what, spoil, found, env = {}] of on.flavour === 'sqlite' ? [...ofFiles, ...cases] : cases) {
    test(`finds ${what}`, async () => {
      await using options = await scene(on);
      await spoil(options);
      const seen = await doctor({ ...options.env, ...env });
      const said = amiss(seen);
      assert.match(said.join('\n'), found);
      // Only what the pattern has a line for.
      assert.ok(said.length <= found.source.split('\\n').length, said.join('\n'));
      assert.equal(seen.code, seen.findings.some(({ level }) => level === 'problem') ? 1 : 0);
    });
  }

  test('finds a database that was never migrated, and leaves it so', async () => {
    await using opened = await on.bare();
    if (on.flavour === 'postgres') await set(opened, 'synchronous_commit = on');
    const keysFile = join(newFolder(), 'keys.json');
    writeKeyFile(keysFile, makeKeyRing(systemRandom), systemRandom);
    const env = {
      COUNTERSIGN_DATABASE: opened.url,
      COUNTERSIGN_KEYS: keysFile,
      COUNTERSIGN_URL: 'https://127.0.0.1:1',
    };
    const seen = await doctor(env);
    assert.match(amiss(seen).join('\n'), /^warning migrations not yet applied: \d+: .*countersign migrate$/);
    assert.deepEqual(await opened.db.introspection.getTables(), []);
  });

  test('counts administrators without a second factor', async () => {
    await using options = await scene(on);
    const { findings } = await doctor(options.env);
    assert.equal(findings.find(({ check }) => check === 'administrators')?.state, '1 without a second factor');
    await change(options.opened, `update authenticators set kind = 'totp'`);
    const later = await doctor(options.env);
    assert.equal(later.findings.find(({ check }) => check === 'administrators')?.level, 'ok');
  });

  if (on.flavour === 'postgres') {
    for (const [what, setting, found] of [
      ['commits that nobody waits for', 'synchronous_commit = off', /^problem database synchronous_commit is off/],
      ['a server that is read-only', 'default_transaction_read_only = on', /^problem database .* is read-only/],
    ] as const) {
      test(`finds ${what}`, async () => {
        await using options = await scene(on);
        await set(options.opened, setting);
        assert.match(amiss(await doctor(options.env)).join('\n'), found);
      });
    }
  } else {
    test('finds a database that is not there, and makes none', async () => {
      const folder = newFolder();
      const { code, stdout, stderr } = await countersign(['doctor'], { folder });
      assert.equal(code, 1);
      assert.match(
        stdout,
        /^problem {2}database +there is no database \.\/data\/countersign\.db: .*start the server once$/m,
      );
      assert.equal(stderr, 'countersign: found 2 problems\n');
    });

    test('finds keys beside the database', async () => {
      await using options = await scene(on);
      const file = options.opened.url.slice('sqlite:'.length);
      const beside = `${file}.keys.json`;
      writeFileSync(beside, readFileSync(options.keysFile), { mode: 0o600 });
      const seen = await doctor({ ...options.env, COUNTERSIGN_KEYS: beside });
      assert.match(amiss(seen).join('\n'), /^warning keys the keys are in the same folder as the database/);
    });
  }
});

describe('doctor', { concurrency: 2 }, () => {
  test('finds a variable that is not known, repeats no value of it and looks no further', async () => {
    const { code, said, findings } = await doctor({ COUNTERSIGN_PROT: 'hunter2' });
    assert.deepEqual([code, findings.length, findings[0]?.level], [1, 1, 'problem']);
    assert.match(findings[0]?.state ?? '', /unknown variable COUNTERSIGN_PROT/);
    assert.doesNotMatch(said, /hunter2/);
  });

  test('finds a database that is out of reach, and shows no password', async () => {
    const { said, findings } = await doctor({ COUNTERSIGN_DATABASE: 'postgres://me:hunter2@127.0.0.1:1/x' });
    assert.match(
      findings.find(({ check }) => check === 'database')?.state ?? '',
      /the database reported: .*ECONNREFUSED/,
    );
    assert.doesNotMatch(said, /hunter2/);
  });

  test('finds that codes go into a file', async () => {
    const { findings } = await doctor({ COUNTERSIGN_OUTBOX: 'outbox.jsonl' });
    assert.deepEqual(
      findings.filter(({ check }) => check === 'gateways').map(({ level, state }) => [level, state]),
      [['warning', 'messages and their codes are written to a file']],
    );
  });

  for (const [what, behind, level] of [
    ['in time', 0, 'ok'],
    ['an hour behind', 3_600_000, 'problem'],
  ] as const) {
    test(`asks the server for its clock, which is ${what}`, async () => {
      const server = createServer((_request, response) => {
        response.setHeader('Date', new Date(Date.now() - behind).toUTCString()).end();
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      const { findings } = await doctor({ COUNTERSIGN_URL: `http://127.0.0.1:${port}` });
      server.close();
      assert.equal(findings.find(({ check }) => check === 'server')?.level, 'ok');
      assert.equal(findings.find(({ check }) => check === 'clock')?.level, level);
    });
  }

  test('wants a PostgreSQL whose commits outlive a crash', () => {
    const good = {
      version: 180_004,
      fsync: true,
      fullPageWrites: true,
      synchronousCommit: 'on',
      statementTimeout: '10s',
      idleTimeout: '10s',
      waitsFor: '',
      standbys: 0,
      readOnly: false,
      now: 1_000_000,
    };
    const levels = (more: object) => judgePostgres({ ...good, ...more }, 1_000_000).map(({ level }) => level);
    assert.deepEqual(levels({}), ['ok', 'ok']);
    for (const bad of [{ fsync: false }, { fullPageWrites: false }, { synchronousCommit: 'off' }, { readOnly: true }])
      assert.deepEqual(levels(bad), ['ok', 'ok', 'problem'], JSON.stringify(bad));
    for (const bad of [{ statementTimeout: '0' }, { idleTimeout: '0' }])
      assert.deepEqual(levels(bad), ['ok', 'ok', 'warning'], JSON.stringify(bad));
    assert.deepEqual(levels({ version: 130_000 }), ['ok', 'ok', 'warning']);
    const [pair, alone] = [{ waitsFor: 'two', standbys: 1 }, { waitsFor: 'two' }];
    assert.deepEqual(levels(pair), ['ok', 'ok', 'ok']);
    assert.deepEqual(levels(alone), ['ok', 'ok', 'problem'], 'every commit waits');
    assert.deepEqual(levels({ standbys: 2 }), ['ok', 'ok', 'warning'], 'a promoted one forgets');
    assert.deepEqual(levels({ ...pair, synchronousCommit: 'local' }), ['ok', 'ok', 'warning']);
    assert.deepEqual(levels({ ...alone, synchronousCommit: 'local' }), ['ok', 'ok']);
    assert.deepEqual(levels({ now: 0 }), ['ok', 'problem']);
  });

  test('calls clocks apart from five seconds on, and wrong from thirty', () => {
    const level = (apart: number, precision?: number) =>
      checkDifference('a clock', 100_000 + apart, 100_000, precision).level;
    assert.deepEqual(
      [0, 4999, -4999].map((apart) => level(apart)),
      ['ok', 'ok', 'ok'],
    );
    assert.deepEqual(
      [5000, -29_999].map((apart) => level(apart)),
      ['warning', 'warning'],
    );
    assert.deepEqual(
      [30_000, -30_000].map((apart) => level(apart)),
      ['problem', 'problem'],
    );
    assert.equal(level(5999, 1000), 'ok');
  });
});
