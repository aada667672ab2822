import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Begun, Factor, Help } from '../../src/factors/factor.ts';
import { help, helpWithTurnedKeys, noon, sendAll, yes } from '../factors/help.ts';

/** The people who use a factor: what they hand in to enrol, and what they can do with what they got for it. */
export type Owner = {
  /** Whether a proof works once. */
  readonly once: boolean;
  /** What the person of this name hands in. Another name, another authenticator. */
  input(name: string): Readonly<Record<string, unknown>>;
  hold(name: string, offer: Begun['offer']): Held;
  /** Replies that have not the form of one, beside those that fit no factor. */
  readonly malformed: Readonly<Record<string, unknown>>;
};

export type Held = {
  right(now: number): unknown;
  /** Of the right form, and not right. */
  wrong(now: number): unknown;
  /** What must not be readable in the state; empty where the store has to keep the secret itself, sealed. */
  readonly secrets: readonly string[];
};

/** What holds for every factor: whoever adds one gets these tests for the price of an owner. */
export function factorContract(factor: Factor, owner: Owner): void {
  async function enrol(name: string) {
    const begun = yes(await factor.begin(owner.input(name), { name }, help()));
    const { state, offer } = sent(factor, begun, help());
    return { begun, state: deepFreeze(state), held: owner.hold(name, offer) };
  }

  /** Judging needs no chance. What draws it here fails. */
  function check(state: unknown, reply: unknown, now = noon) {
    return factor.check(state, reply, { ...help(now), random: { bytes: () => assert.fail('chance was drawn') } });
  }

  describe(`the factor ${factor.kind}`, () => {
    test('takes the right reply', async () => {
      const { state, held } = await enrol('alice');
      assert.equal((await check(state, held.right(noon))).ok, true);
    });

    test('refuses a wrong reply', async () => {
      const { state, held } = await enrol('alice');
      assert.deepEqual(await check(state, held.wrong(noon)), { ok: false, reason: 'wrong' });
    });

    test("refuses the right reply of somebody else's", async () => {
      const [alice, bob] = [await enrol('alice'), await enrol('bob')];
      assert.equal((await check(alice.state, bob.held.right(noon))).ok, false);
    });

    test(owner.once ? 'refuses what was accepted before' : 'takes the right reply again', async () => {
      const { state, held } = await enrol('alice');
      const reply = held.right(noon);
      const [first, second] = await sendAll(factor, state, [{ reply }, { reply }]);
      assert.equal(first, 'accepted');
      assert.equal(second === 'accepted', !owner.once);
    });

    test(`says that a right reply ${owner.once ? 'spent something' : 'spent nothing'}`, async () => {
      const { state, held } = await enrol('alice');
      assert.equal(yes(await check(state, held.right(noon))) === state, !owner.once);
    });

    test('takes a right reply after wrong ones', async () => {
      const { state, held } = await enrol('alice');
      const replies = [held.wrong(noon), held.wrong(noon), held.right(noon)].map((reply) => ({ reply }));
      assert.deepEqual(await sendAll(factor, state, replies), ['wrong', 'wrong', 'accepted']);
    });

    test('leaves the state it was given untouched', async () => {
      const { state, held } = await enrol('alice');
      const before = structuredClone(state);
      await check(state, held.right(noon));
      await check(state, held.wrong(noon));
      assert.deepEqual(state, before);
    });

    test('says the same of the same', async () => {
      const { state, held } = await enrol('alice');
      for (const reply of [held.right(noon), held.wrong(noon)]) {
        assert.deepEqual(await check(state, reply), await check(structuredClone(state), reply));
      }
    });

    test('has states that survive JSON', async () => {
      const { state, held } = await enrol('alice');
      const next = yes(await check(throughJson(state), held.right(noon)));
      assert.deepEqual(throughJson(state), state);
      assert.deepEqual(throughJson(next), next);
    });

    test('keeps no secret that can be read in its state', async () => {
      const { state, held } = await enrol('alice');
      const next = yes(await check(state, held.right(noon)));
      for (const secret of held.secrets) {
        assert.equal(JSON.stringify([state, next]).includes(secret), false);
      }
    });

    test('takes the right reply when the keys of the house have turned since', async () => {
      const { begun, state, held } = await enrol('alice');
      const later = helpWithTurnedKeys();
      assert.equal((await factor.check(state, held.right(noon), later)).ok, true);
      if (begun.lookup) assert.ok(factor.lookups?.(held.right(noon), later).includes(begun.lookup));
    });

    test('makes its keyed hashes under its own name, apart from those of other factors', async () => {
      const contexts: string[] = [];
      const { safe } = help();
      const noted = {
        mac: (context: string, value: string) => (contexts.push(context), safe.mac(context, value)),
        macs: (context: string, value: string) => (contexts.push(context), safe.macs(context, value)),
      };
      const watched = { ...help(), safe: noted };
      const begun = yes(await factor.begin(owner.input('alice'), { name: 'alice' }, watched));
      const { state, offer } = sent(factor, begun, watched);
      await factor.check(state, owner.hold('alice', offer).right(noon), watched);
      assert.deepEqual(
        contexts.filter((context) => context !== factor.kind),
        [],
      );
    });

    test('never takes a reply against a state with more in it than it knows, such as one of a newer program', async () => {
      const { state, held } = await enrol('alice');
      await assert.rejects(check({ ...Object(state), more: 1 }, held.right(noon)));
    });

    for (const state of [undefined, null, {}, [], 'state']) {
      test(`never takes a reply against ${JSON.stringify(state) ?? 'nothing'} for a state`, async () => {
        const { held } = await enrol('alice');
        await assert.rejects(check(state, held.right(noon)));
      });
    }

    test('takes the words of a person in the forms it names only', async () => {
      const { state, held } = await enrol('alice');
      const right = held.right(noon);
      assert.equal(factor.reply.safeParse(right).success, true);
      assert.equal(factor.reply.safeParse(held.wrong(noon)).success, true);
      for (const [what, reply] of Object.entries({ ...formless(right), ...owner.malformed })) {
        assert.equal(factor.reply.safeParse(reply).success, false, what);
        await assert.rejects(check(state, reply), what);
        if (factor.lookups) assert.throws(() => factor.lookups?.(reply, help()), what);
        if (factor.decoy) await assert.rejects(factor.decoy(reply, help()), what);
      }
    });

    test('refuses to enrol with members it does not know', async () => {
      const begun = await factor.begin({ ...owner.input('alice'), more: 1 }, { name: 'alice' }, help());
      assert.deepEqual(begun, { ok: false, reason: 'malformed_input' });
    });

    test('is found by the secret exactly when it can be looked up', async () => {
      const { begun, held } = await enrol('alice');
      const found = (reply: unknown) => factor.lookups?.(reply, help()).some((lookup) => lookup === begun.lookup);
      assert.equal(found(held.right(noon)), begun.lookup === undefined ? undefined : true);
      assert.notEqual(found(held.wrong(noon)), true);
    });
  });
}

/** A factor whose codes are sent has sent one: its owner reads the message. */
function sent(factor: Factor, { state, offer }: Begun, tools: Help): Pick<Begun, 'state' | 'offer'> {
  const asked = factor.send?.(state, tools);
  return asked ? { state: asked.state, offer: { ...offer, code: asked.message.code } } : { state, offer };
}

/** What fits no factor. */
function formless(right: unknown): Record<string, unknown> {
  return {
    nothing: undefined,
    null: null,
    'a truth': true,
    'a list of the right reply': [right],
    'a list of guesses': ['000000', '000001'],
    'the right reply in an object': { reply: right },
    'an object that passes for text': { toString: () => right },
    'a number that is none': Number.NaN,
    'a number without end': Number.POSITIVE_INFINITY,
    'half a surrogate pair, many times': '\ud800'.repeat(16),
    'ten thousand digits': '1'.repeat(10_000),
    'ten thousand spaces and the right reply': ' '.repeat(10_000) + String(right),
  };
}

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
