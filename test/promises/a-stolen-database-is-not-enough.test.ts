/**
 * A stolen database is not enough: whoever has every byte of it, and not the key ring, has no secret of anybody's; and
 * whoever can write to it can not make one user's secret another's.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sql } from 'kysely';
import { base32Decode, base32Encode } from '../../src/base/base32.ts';
import { SetupError } from '../../src/base/fault.ts';
import { makeKeyRing } from '../../src/base/keys.ts';
import { refuse } from '../../src/base/outcome.ts';
import { accessTokenLife } from '../../src/engine/policy/merge-policy.ts';
import { answerLogin } from '../../src/engine/login/answer-login.ts';
import { confirm } from '../../src/engine/enrollment/confirm.ts';
import { enroll } from '../../src/engine/enrollment/enroll.ts';
import { overridePassword } from '../../src/engine/operator/override-password.ts';
import { renewRecoveryCodes } from '../../src/engine/enrollment/recovery-codes.ts';
import { authenticate } from '../../src/engine/session/authenticate.ts';
import { issueToken } from '../../src/engine/session/issue-token.ts';
import { setPassword } from '../../src/engine/enrollment/set-password.ts';
import { prepareRoot } from '../../src/engine/operator/prepare-root.ts';
import { checkKeyRing } from '../../src/store/meta.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { unwrap, startEngine, type TestEngine } from '../../kit/test-engine.ts';
import { seededRandom } from '../../kit/random.ts';

/** A life with every kind of secret that the server ever sees. */
async function live(engine: TestEngine): Promise<Readonly<Record<string, string>>> {
  const { ctx } = engine;
  await checkKeyRing(ctx.store);
  await ctx.store.db.deleteFrom('accounts').execute();
  const { generatedPassword = '' } = await prepareRoot(ctx, { username: 'admin' });
  const account = (await engine.enter('admin', generatedPassword)).accountId;
  const phone = '+12025550123';
  const ada = await engine.addPerson('ada', { account, phone });
  const seen: Record<string, string> = { generatedPassword, phone, password: ada.password, sessionToken: ada.token };

  const wrong = { login: 'a secret typed as a name', guess: 'a wrong guess at a password' };
  await engine.logIn(wrong.login, wrong.guess);
  Object.assign(seen, wrong);

  const app = await engine.enrollTotp(ada.caller);
  const apikey = unwrap(await enroll(ctx, await engine.caller(app.token), { kind: 'apikey', label: null, input: {} }));
  const device = { secret: 'the secret of a device' };
  unwrap(await enroll(ctx, await engine.caller(app.token), { kind: 'device', label: null, input: device }));
  const pending = unwrap(await enroll(ctx, await engine.caller(app.token), { kind: 'totp', label: null, input: {} }));
  Object.assign(seen, { seed: app.seed, apikey: String(apikey.offer.secret), device: device.secret });
  seen.pendingSeed = String(pending.offer.secret);
  const wrongCode = engine.wrongCodeFor(seen.pendingSeed);
  await confirm(ctx, await engine.caller(app.token), {
    authenticatorId: pending.authenticator.id,
    response: wrongCode,
  });

  const login = async (secret: string) => {
    const outcome = unwrap(await engine.logIn('ada', secret));
    return outcome.state === 'challenge' ? outcome.challengeToken : assert.fail();
  };
  seen.openChallenge = await login(ada.password);
  seen.deviceChallenge = await login(device.secret);
  seen.spentChallenge = await login(ada.password);
  const { token } = unwrap(
    await answerLogin(ctx, { challengeToken: seen.spentChallenge, response: engine.codeFor(app.seed) }),
  );
  seen.raisedToken = token;
  for (const [at, code] of app.codes.entries()) seen[`recovery code ${at}`] = code;
  unwrap(await answerLogin(ctx, { challengeToken: await login(ada.password), response: app.codes[0] }));
  const { codes } = unwrap(await renewRecoveryCodes(ctx, await engine.caller(token)));
  for (const [at, code] of codes.entries()) seen[`renewed code ${at}`] = code;
  seen.newPassword = 'the new password of ada';
  unwrap(await setPassword(ctx, await engine.caller(token), { secret: seen.newPassword, label: null }));
  seen.operatorPassword = 'a password by the operator';
  unwrap(await overridePassword(ctx, { login: 'ada' }, seen.operatorPassword));

  const { sealing, mac, signing } = engine.ring;
  for (const key of [...sealing, ...mac]) seen[`key ${key.id}`] = key.secret;
  for (const { id, jwk } of signing) seen[`signing key ${id}`] = jwk.d;
  return seen;
}

/** Every row of every table, as text and with whatever stands in base64 in it decoded. */
async function dump({ ctx }: TestEngine): Promise<string> {
  const { db } = ctx.store;
  const texts: string[] = [];
  for (const { name } of await db.introspection.getTables()) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(db);
    texts.push(JSON.stringify(rows));
    for (const value of rows.flatMap((row) => Object.values(row))) {
      if (typeof value !== 'string') continue;
      for (const part of value.split(/[^A-Za-z0-9+/_-]/)) texts.push(Buffer.from(part, 'base64').toString('latin1'));
    }
  }
  return texts.join('\n').toLowerCase();
}

/** The database's files, with what was deleted and not yet overwritten. */
function files({ database }: TestEngine): string {
  if (database.flavour !== 'sqlite') return '';
  const file = database.url.slice('sqlite:'.length);
  return ['', '-wal'].map((suffix) => readFileSync(file + suffix, 'latin1').toLowerCase()).join('\n');
}

/** The forms in which a secret could lie about. */
function forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const decoded = [base32Decode(secret), Buffer.from(secret, 'base64url')].filter(
    (one) => one !== undefined && one.length >= 10,
  );
  const encoded = [bytes, ...decoded].flatMap((one) => [
    one?.toString('hex') ?? '',
    one?.toString('base64').replace(/=+$/, '') ?? '',
    one?.toString('base64url') ?? '',
    base32Encode(one ?? bytes),
    one?.toString('latin1') ?? '',
  ]);
  // Bytes that do not stand at the start of a group look otherwise in base64: their middle is what stays.
  const shifted = [1, 2].map((by) =>
    Buffer.concat([Buffer.alloc(by), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  const bare = [secret.replace(/^csk_/, ''), secret.replaceAll('-', '')];
  return [secret, ...bare, ...encoded, ...shifted].map((form) => form.toLowerCase()).filter((form) => form.length >= 8);
}

onEachDatabase('a stolen database', (database) => {
  test('holds no secret of a whole life, in no spelling', async () => {
    await using engine = await startEngine(database);
    const secrets = await live(engine);
    const stolen = (await dump(engine)) + files(engine);
    assert.ok(stolen.includes('"name":"ada"'));
    assert.ok(Object.keys(secrets).length > 35);
    for (const [name, secret] of Object.entries(secrets)) {
      assert.ok(secret.length >= 10, name);
      for (const form of forms(secret)) assert.ok(!stolen.includes(form), `${name} stands there as ${form}`);
    }
  });

  test('would be seen to hold one, had it been kept in any of these spellings', async () => {
    await using engine = await startEngine(database);
    const secret = 'the secret to be found';
    const bytes = Buffer.from(secret);
    const kept = [
      secret,
      bytes.toString('hex'),
      base32Encode(bytes),
      bytes.toString('base64url'),
      `x.${bytes.toString('base64')}`,
    ];
    kept.push(Buffer.from(`{"state":"${secret}"}`).toString('base64'));
    for (const value of kept) {
      await engine.ctx.store.db.insertInto('meta').values({ key: 'a', value }).execute();
      const stolen = await dump(engine);
      assert.ok(
        forms(secret).some((form) => stolen.includes(form)),
        value,
      );
      await engine.ctx.store.db.deleteFrom('meta').execute();
    }
  });

  test('opens for nobody who has another key ring', async () => {
    await using engine = await startEngine(database);
    await checkKeyRing(engine.ctx.store);
    const { name, password, token, caller, seed } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    const thief = await engine.node({ ring: makeKeyRing(seededRandom('thief')) });
    await assert.rejects(checkKeyRing(thief.ctx.store), SetupError);
    await assert.rejects(thief.logIn(name, password));
    const answered = await answerLogin(thief.ctx, { challengeToken, response: engine.codeFor(seed) });
    assert.deepEqual(answered, refuse('invalid_challenge'));
    assert.deepEqual(await authenticate(thief.ctx, token), refuse('invalid_token'));
    const forged = await issueToken(thief.ctx, { ...caller, tokenLife: accessTokenLife }, engine.root);
    assert.deepEqual(await authenticate(engine.ctx, forged), refuse('invalid_token'));
  });

  const rows = (engine: TestEngine, userId: string, kind: string) =>
    engine.ctx.store.db.selectFrom('authenticators').selectAll().where('user_id', '=', userId).where('kind', '=', kind);

  test("that can be written to makes no one's factor another's", async () => {
    await using engine = await startEngine(database);
    const [ada, eve] = [await engine.addProtected('ada'), await engine.addProtected('eve')];
    const { db } = engine.ctx.store;
    for (const [kind, response] of [
      ['totp', () => engine.codeFor(eve.seed)],
      ['recovery', () => eve.codes[0]],
    ] as const) {
      const [mine, theirs] = [
        await rows(engine, eve.user.id, kind).executeTakeFirstOrThrow(),
        await rows(engine, ada.user.id, kind).executeTakeFirstOrThrow(),
      ];
      const challengeToken = await engine.challenge(ada.name, ada.password);
      const attempt = () => answerLogin(engine.ctx, { challengeToken, response: response() });
      // Only the state.
      await db.updateTable('authenticators').set({ state: mine.state }).where('id', '=', theirs.id).execute();
      await assert.rejects(attempt());
      // The whole row.
      await db.deleteFrom('authenticators').where('id', 'in', [mine.id, theirs.id]).execute();
      await db
        .insertInto('authenticators')
        .values({ ...mine, user_id: ada.user.id })
        .execute();
      await assert.rejects(attempt());
      await db.deleteFrom('authenticators').where('id', '=', mine.id).execute();
      await db.insertInto('authenticators').values([mine, theirs]).execute();
      assert.equal((await attempt()).ok, false);
    }
  });

  test("that can be written to makes no one's password or key another's", async () => {
    await using engine = await startEngine(database);
    const [ada, eve] = [await engine.addPerson('ada'), await engine.addPerson('eve')];
    const made = unwrap(await enroll(engine.ctx, eve.caller, { kind: 'apikey', label: null, input: {} }));
    const { db } = engine.ctx.store;
    const key = await rows(engine, eve.user.id, 'apikey').executeTakeFirstOrThrow();
    await db
      .insertInto('authenticators')
      .values({ ...key, id: 'copy', user_id: ada.user.id })
      .execute();
    await assert.rejects(engine.logIn(ada.name, String(made.offer.secret)));
    await db.updateTable('authenticators').set({ user_id: ada.user.id }).where('id', '=', key.id).execute();
    await assert.rejects(engine.logIn(ada.name, String(made.offer.secret)));
    await db.deleteFrom('authenticators').where('kind', '=', 'apikey').execute();
    const password = await rows(engine, eve.user.id, 'password').executeTakeFirstOrThrow();
    await db.updateTable('authenticators').set({ state: password.state }).where('user_id', '=', ada.user.id).execute();
    await assert.rejects(engine.logIn(ada.name, eve.password));
  });

  test('that can be written to makes no pending factor of a thief’s seed count for its user', async () => {
    await using engine = await startEngine(database);
    const [ada, eve] = [await engine.addProtected('ada'), await engine.addProtected('eve')];
    const { db } = engine.ctx.store;
    await db.updateTable('authenticators').set({ user_id: ada.user.id }).where('id', '=', eve.id).execute();
    const response = engine.codeFor(eve.seed);
    await assert.rejects(engine.logIn(ada.name, ada.password));
    await assert.rejects(engine.signIn(ada.name, ada.password, response));
  });
});
