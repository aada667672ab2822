import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { forLogin, type RequestContext } from '../../../src/engine/context.ts';
import { prove, spend, type Proven } from '../../../src/engine/proof/prove.ts';
import { factorOf } from '../../../src/factors/registry.ts';
import { removeKinds, type Authenticator } from '../../../src/store/authenticators.ts';
import { listForLogin } from '../../../src/store/login-authenticators.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine, winners, type TestEngine } from '../../../kit/test-engine.ts';

const candidatesOf = async ({ ctx }: TestEngine, userId: string, kind: string) =>
  (await listForLogin(ctx.store, userId)).filter((one) => one.kind === kind);

/** One response, and the authenticators that it may belong to. */
const questionOf = (subject: string, candidates: readonly Authenticator[], response: unknown) => ({
  ...forLogin,
  subject,
  candidates: candidates.map((authenticator) => {
    const { kind, state } = authenticator;
    return { kind, state, authenticator, read: factorOf(kind).read(response) ?? assert.fail() };
  }),
});

const isSpent = async (ctx: RequestContext, proof: Proven) => (await spend(ctx, proof)) === undefined;

onEachDatabase('a proof', (database) => {
  test('names the authenticator and the state it has to move on to, and spends nothing by itself', async () => {
    await using engine = await startEngine(database);
    const { user, id, seed } = await engine.addProtected('ada');
    const candidates = await candidatesOf(engine, user.id, 'totp');
    const question = questionOf(user.id, candidates, engine.codeFor(seed));
    const proof = unwrap((await prove(engine.ctx, question)).outcome);
    assert.equal(proof.candidate.authenticator?.id, id);
    assert.notDeepEqual(proof.proof.state, proof.candidate.state);
    assert.deepEqual(await candidatesOf(engine, user.id, 'totp'), candidates);
    assert.deepEqual(await engine.failures(user.id), { totp: 1 });
  });

  test('is refused as replayed when one of several authenticators knows the code as used', async () => {
    await using engine = await startEngine(database);
    const { name, password, user, token, seed } = await engine.addProtected('ada');
    const code = engine.codeFor(seed);
    await engine.signIn(name, password, code);
    await engine.enrollTotp(await engine.caller(token));
    const candidates = await candidatesOf(engine, user.id, 'totp');
    for (const order of [candidates, candidates.toReversed()]) {
      const question = questionOf(user.id, order, code);
      const refused = { outcome: refuse('replayed'), missed: ['totp'] };
      assert.deepEqual(await prove(engine.ctx, question), refused);
    }
  });

  test('gives its try back when a fault stops it', async () => {
    await using engine = await startEngine(database);
    const { user, seed } = await engine.addProtected('ada');
    const [one] = await candidatesOf(engine, user.id, 'totp');
    assert.ok(one);
    const broken = { ...one, state: { seed: 'nothing' } };
    const question = questionOf(user.id, [broken], engine.codeFor(seed));
    for (let time = 0; time < 7; time += 1) await assert.rejects(prove(engine.ctx, question));
    assert.deepEqual(await engine.failures(user.id), { totp: 0 });
  });

  test('that spends something is spent once', async () => {
    await using engine = await startEngine(database);
    const { user, seed } = await engine.addProtected('ada');
    const candidates = await candidatesOf(engine, user.id, 'totp');
    const question = questionOf(user.id, candidates, engine.codeFor(seed));
    const proof = unwrap((await prove(engine.ctx, question)).outcome);
    assert.equal(await winners(16, () => isSpent(engine.ctx, proof)), 1);
  });

  test('that spends nothing is good while its authenticator is there', async () => {
    await using engine = await startEngine(database);
    const { user, password } = await engine.addPerson('ada');
    const candidates = await candidatesOf(engine, user.id, 'password');
    const question = questionOf(user.id, candidates, password);
    const proof = unwrap((await prove(engine.ctx, question)).outcome);
    assert.equal(await winners(2, () => isSpent(engine.ctx, proof)), 2);
    await removeKinds(engine.ctx.store, user.id, ['password']);
    assert.equal(await isSpent(engine.ctx, proof), false);
  });
});
