/** After a late answer of a provider, everything is written at the instant of that answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour, minute, second } from '../../src/base/clock.ts';
import { createExchange } from '../../src/base/exchange.ts';
import { refuse } from '../../src/base/outcome.ts';
import {
  answerLogin,
  authenticateChallengeActor,
  createChallenge,
  ensureService,
  login,
  makeServiceKey,
} from '../../src/engine/operations.ts';
import { insertProvider } from '../../src/store/providers.ts';
import { writeSecurity } from '../../src/store/security.ts';
import { clockAt } from '../../kit/clock.ts';
import { onEachDatabase, type TestDatabase } from '../../kit/databases.ts';
import { duoClient, duoSecret, openDuo } from '../../kit/stand-ins/duo.ts';
import { unwrap, startEngine, type TestEngine } from '../../kit/test-engine.ts';

/** Ada, and a Duo that is required and takes a minute for each answer, or as long as is said. */
async function scene(database: TestDatabase) {
  let time = minute;
  const clock = clockAt('2026-11-21T12:00:00Z');
  const duo = await openDuo(() => clock.now());
  const exchange = createExchange({ deadline: 10 * second, ca: duo.ca });
  const engine = await startEngine(database, {
    clock,
    settings: { allowedHosts: [duo.host] },
    async exchange(request) {
      const response = await exchange(request);
      clock.tick(time);
      return response;
    },
  });
  const ada = await engine.addPerson('ada');
  const settings = { integration_key: duoClient, secret_key: duoSecret, api_hostname: duo.host };
  const provider = { accountId: null, providerName: 'duo', name: null, enabled: true, settings };
  await insertProvider(engine.ctx.store, { id: 'a'.repeat(32), ...provider }, clock.now());
  const authModules = { password: { multi_factor: { enabled: true } } };
  assert.ok(await writeSecurity(engine.ctx.store, { accountId: engine.root, authModules, revision: 0 }, clock.now()));
  const dispose = async () => {
    await engine[Symbol.asyncDispose]();
    await duo[Symbol.asyncDispose]();
  };
  const takes = (ms: number) => {
    time = ms;
  };
  return { ...engine, ada, duo, takes, [Symbol.asyncDispose]: dispose };
}

type Scene = Awaited<ReturnType<typeof scene>>;

/** A login as far as the question, and what answers that. */
async function asked({ ctx, ada, duo }: Scene) {
  const reached = unwrap(await login(ctx.at(), { authModule: 'password', login: ada.name, secret: ada.password }));
  assert.ok(reached.state === 'challenge');
  const [prompted] = reached.prompts;
  assert.ok(prompted?.prompt.shape === 'redirect');
  return { challengeToken: reached.challengeToken, response: await duo.visit(prompted.prompt.url) };
}

/** When the newest attempt was made. */
async function lastAt({ ctx }: TestEngine) {
  const attempts = ctx.store.db.selectFrom('attempts').select('at');
  return (await attempts.orderBy('at', 'desc').executeTakeFirst())?.at;
}

const issuedAt = async ({ ctx, clock }: TestEngine, token = '') =>
  ((await ctx.tokens.read(token, clock.now()))?.iat ?? 0) * second;

onEachDatabase('a provider that takes a minute', (database) => {
  test('has a challenge of a login begin when it has answered', async () => {
    await using engine = await scene(database);
    await asked(engine);
    const made = await engine.ctx.store.db.selectFrom('challenges').select('created_at').execute();
    assert.deepEqual(made, [{ created_at: engine.clock.now() }]);
  });

  test('has a challenge of a service begin when it has answered', async () => {
    await using engine = await scene(database);
    const { ctx, ada } = engine;
    const key = unwrap(await makeServiceKey(ctx, unwrap(await ensureService(ctx, { name: 'shop' }))));
    const actor = unwrap(await authenticateChallengeActor(ctx, key));
    const put = unwrap(await createChallenge(ctx.at(), actor, { user: { type: 'id', id: ada.user.id } }));
    assert.equal(put?.challenge.createdAt, engine.clock.now());
  });

  test('opens a session, and begins the life of its token, when it has said yes', async () => {
    await using engine = await scene(database);
    const { token, session } = unwrap(await answerLogin(engine.ctx.at(), await asked(engine)));
    assert.deepEqual([session.authTime, await issuedAt(engine, token)], [engine.clock.now(), engine.clock.now()]);
  });

  test('is logged when it has said no', async () => {
    await using engine = await scene(database);
    const given = await asked(engine);
    engine.duo.play({ claims: { auth_result: { result: 'deny', status: 'deny', status_msg: 'Denied' } } });
    assert.equal((await answerLogin(engine.ctx.at(), given)).ok, false);
    assert.equal(await lastAt(engine), engine.clock.now());
  });

  test('opens no session when the challenge has expired before it says yes', async () => {
    await using engine = await scene(database);
    const given = await asked(engine);
    engine.takes(hour);
    assert.deepEqual(await answerLogin(engine.ctx.at(), given), refuse('raced'));
    assert.equal(await lastAt(engine), engine.clock.now());
  });
});
