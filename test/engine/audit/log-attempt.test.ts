import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { refuse } from '../../../src/base/outcome.ts';
import { answerLogin } from '../../../src/engine/login/answer-login.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { renewRecoveryCodes } from '../../../src/engine/enrollment/recovery-codes.ts';
import { setPassword } from '../../../src/engine/enrollment/set-password.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { client, unwrap, startEngine } from '../../../kit/test-engine.ts';

onEachDatabase('the log of attempts', (database) => {
  test('says when, who, from where and why, under an id that sorts by time', async () => {
    await using engine = await startEngine(database);
    const { user, name } = await engine.addPerson('ada');
    await engine.logIn(name, 'a wrong guess');
    const rows = engine.ctx.store.db.selectFrom('attempts').selectAll().where('outcome', '=', 'failed');
    const row = await rows.executeTakeFirstOrThrow();
    assert.match(row.id, /^202611-[0-9a-f]{32}$/);
    // Her place in the chain: after the user that was made, and the login before.
    assert.ok(row.strand?.startsWith(`${engine.root}/`));
    assert.deepEqual([row.seq, typeof row.hash], [3, 'string']);
    const { strand: _strand, seq: _seq, hash: _hash, ...said } = row;
    assert.deepEqual(said, {
      id: row.id,
      at: engine.clock.now(),
      account_id: engine.root,
      user_id: user.id,
      action: 'login',
      auth_module: 'password',
      factor: 'password',
      outcome: 'failed',
      reason: 'wrong',
      session_id: null,
      client_ip: client.ip,
      user_agent: client.userAgent,
      request_id: client.requestId,
      provider_name: null,
      auth_config_origin: null,
      mfa_config_origin: null,
      object_id: null,
      detail: null,
    });
  });

  test('holds nothing secret', async () => {
    await using engine = await startEngine(database);
    const { name, password, token, seed, codes, caller } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    const used = [engine.codeFor(seed), engine.wrongCodeFor(seed), codes[0] ?? '', 'a wrong guess', challengeToken];
    await engine.logIn(name, 'a wrong guess');
    for (const response of [used[1], used[2], used[0]]) await answerLogin(engine.ctx, { challengeToken, response });
    const { offer } = unwrap(await enroll(engine.ctx, caller, { kind: 'apikey', label: null, input: {} }));
    unwrap(await setPassword(engine.ctx, await engine.caller(token), { secret: 'a new password', label: null }));
    const { codes: renewed } = unwrap(await renewRecoveryCodes(engine.ctx, await engine.caller(token)));
    const text = JSON.stringify([await engine.ctx.store.db.selectFrom('attempts').selectAll().execute(), engine.lines]);
    const secrets = [...used, password, token, seed, ...codes, ...renewed, String(offer.secret), 'a new password'];
    for (const secret of secrets) assert.ok(!text.includes(secret), secret);
  });

  test('that can not be written changes no refusal, and the operator hears of it', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, seed } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    await sql`drop table attempts`.execute(engine.ctx.store.db);
    assert.deepEqual(await engine.logIn(name, 'a wrong guess'), refuse('wrong'));
    const wrong = await answerLogin(engine.ctx, { challengeToken, response: engine.wrongCodeFor(seed) });
    assert.deepEqual(wrong, refuse('wrong'));
    assert.deepEqual(await engine.failures(user.id), { password: 1, totp: 1 });
    assert.deepEqual(
      engine.lines.map(({ level, fields }) => [level, fields['request_id']]),
      [
        ['error', client.requestId],
        ['error', client.requestId],
      ],
    );
  });

  test('that can not be written stops what would have been a success, whole', async () => {
    await using engine = await startEngine(database);
    const { name, password, seed } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    const response = engine.codeFor(seed);
    const { db } = engine.ctx.store;
    const sessions = async () => (await db.selectFrom('sessions').select('id').execute()).length;
    const before = await sessions();
    await sql`alter table attempts rename to elsewhere`.execute(db);
    await assert.rejects(engine.logIn(name, password));
    await assert.rejects(answerLogin(engine.ctx, { challengeToken, response }));
    assert.equal(await sessions(), before);
    await sql`alter table elsewhere rename to attempts`.execute(db);
    assert.equal((await answerLogin(engine.ctx, { challengeToken, response })).ok, true);
  });
});
