import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { forLogin, type RequestContext } from '../../../src/engine/context.ts';
import { prove, spend, type Proven } from '../../../src/engine/proof/prove.ts';
import { factorOf } from '../../../src/factors/registry.ts';
import { listForLogin, removeKinds, type Authenticator } from '../../../src/store/authenticators.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house, winners, type House } from '../../../kit/house.ts';

const candidatesOf = async ({ ctx }: House, userId: string, kind: string) =>
  (await listForLogin(ctx.store, userId, [])).filter((one) => one.kind === kind);

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
    await using home = await house(database);
    const { user, id, seed } = await home.addProtected('ada');
    const candidates = await candidatesOf(home, user.id, 'totp');
    const question = questionOf(user.id, candidates, home.codeFor(seed));
    const proof = got((await prove(home.ctx, question)).outcome);
    assert.equal(proof.candidate.authenticator?.id, id);
    assert.notDeepEqual(proof.proof.state, proof.candidate.state);
    assert.deepEqual(await candidatesOf(home, user.id, 'totp'), candidates);
    assert.deepEqual(await home.failures(user.id), { totp: 1 });
  });

  test('is refused as replayed when one of several authenticators knows the code as used', async () => {
    await using home = await house(database);
    const { name, password, user, token, seed } = await home.addProtected('ada');
    const code = home.codeFor(seed);
    await home.signIn(name, password, code);
    await home.enrollTotp(await home.caller(token));
    const candidates = await candidatesOf(home, user.id, 'totp');
    for (const order of [candidates, candidates.toReversed()]) {
      const question = questionOf(user.id, order, code);
      const refused = { outcome: refuse('replayed'), missed: ['totp'] };
      assert.deepEqual(await prove(home.ctx, question), refused);
    }
  });

  test('gives its try back when a fault stops it', async () => {
    await using home = await house(database);
    const { user, seed } = await home.addProtected('ada');
    const [one] = await candidatesOf(home, user.id, 'totp');
    assert.ok(one);
    const broken = { ...one, state: { seed: 'nothing' } };
    const question = questionOf(user.id, [broken], home.codeFor(seed));
    for (let time = 0; time < 7; time += 1) await assert.rejects(prove(home.ctx, question));
    assert.deepEqual(await home.failures(user.id), { totp: 0 });
  });

  test('that spends something is spent once', async () => {
    await using home = await house(database);
    const { user, seed } = await home.addProtected('ada');
    const candidates = await candidatesOf(home, user.id, 'totp');
    const question = questionOf(user.id, candidates, home.codeFor(seed));
    const proof = got((await prove(home.ctx, question)).outcome);
    assert.equal(await winners(16, () => isSpent(home.ctx, proof)), 1);
  });

  test('that spends nothing is good while its authenticator is there', async () => {
    await using home = await house(database);
    const { user, password } = await home.addPerson('ada');
    const candidates = await candidatesOf(home, user.id, 'password');
    const question = questionOf(user.id, candidates, password);
    const proof = got((await prove(home.ctx, question)).outcome);
    assert.equal(await winners(2, () => isSpent(home.ctx, proof)), 2);
    await removeKinds(home.ctx.store, user.id, ['password']);
    assert.equal(await isSpent(home.ctx, proof), false);
  });
});
