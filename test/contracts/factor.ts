import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Factor } from '../../src/factors/define-factor.ts';
import type { FactorContext, JsonObject, Prompted, Verdict } from '../../src/factors/factor.ts';
import { help, helpWithTurnedKeys, noon, yes } from '../factors/help.ts';

/** The people who use a factor: what they hand in to enroll, and what they can do with what they got for it. */
export type Owner = {
  /** Whether a proof works once. */
  readonly once: boolean;
  /** What an administrator sets up, where the factor needs that. */
  readonly settings?: JsonObject;
  /** What the person of this name hands in, where they enroll. Another name, another authenticator. */
  input?(name: string): JsonObject;
  /** What completes their enrollment, where that is another response than at a login. */
  confirmation?(name: string, shown: JsonObject): unknown;
  hold(name: string, given: Given): Holder;
  /** Responses that have not the form of one, beside those that fit no factor. */
  readonly malformed: Readonly<Record<string, unknown>>;
  /** What fits no factor, and this one all the same. */
  readonly takes?: readonly string[];
};

/** What a person has seen: at enrollment, as a prompt, and in a message. */
export type Given = {
  readonly shown: JsonObject;
  readonly prompted: Prompted | undefined;
  readonly code: string | undefined;
};

export type Holder = {
  right(now: number): unknown;
  /** Of the right form, and not right. */
  wrong(now: number): unknown;
  /** What must not be readable in the state; empty where the store has to keep the secret itself, sealed. */
  readonly secrets: readonly string[];
};

type Scene = {
  readonly state: unknown;
  readonly memo: unknown;
  readonly lookup: string | undefined;
  readonly holder: Holder;
};

/** What holds for every factor: whoever adds one gets these tests for the price of an owner. */
export function factorContract(factor: Factor, owner: Owner): void {
  const { kind, enroll, traits } = factor;
  const settings = settingsOf(factor, owner);

  async function begin(name: string, ctx: FactorContext) {
    if (!enroll || !owner.input) return { state: null, shown: {} };
    const begun = yes(await enroll.begin({ settings, input: owner.input(name), others: [] }, ctx));
    if (enroll.confirm !== 'judge') return begun;
    const read = enroll.read(owner.confirmation?.(name, begun.shown)) ?? assert.fail('it confirms nothing');
    const { state = begun.state, lookup } = yes(
      await read.verify({ settings, state: begun.state, memo: undefined }, ctx),
    );
    return { ...begun, state, ...(lookup !== undefined && { lookup }) };
  }

  async function scene(name: string, given: FactorContext = help(noon, name)): Promise<Scene> {
    const begun = await begin(name, given);
    const candidates = [{ id: 'one', state: begun.state }];
    const prompted = factor.prompt && yes(await factor.prompt({ settings, candidates }, given));
    const holder = owner.hold(name, { shown: begun.shown, prompted, code: prompted?.message?.code });
    const state = deepFreeze(prompted?.next?.state ?? begun.state);
    return { state, memo: throughJson(prompted?.memo), lookup: begun.lookup, holder };
  }

  /** Verifying needs no chance. What draws it here fails. */
  function verify({ state, memo }: Pick<Scene, 'state' | 'memo'>, response: unknown, ctx = help()): Promise<Verdict> {
    const read = factor.read(response) ?? assert.fail('this has not the form of a response');
    const random = { bytes: () => assert.fail('chance was drawn') };
    return read.verify({ state, memo, settings }, { ...ctx, random });
  }

  describe(`the factor ${kind}`, () => {
    test('takes the right response', async () => {
      const one = await scene('alice');
      assert.equal((await verify(one, one.holder.right(noon))).ok, true);
    });

    test('refuses a wrong response', async () => {
      const one = await scene('alice');
      const { detail: _detail, ...refusal } = { detail: '', ...(await verify(one, one.holder.wrong(noon))) };
      assert.deepEqual(refusal, { ok: false, reason: 'wrong' });
    });

    test("refuses the right response of somebody else's", async () => {
      const [alice, bob] = [await scene('alice'), await scene('bob')];
      assert.equal((await verify(alice, bob.holder.right(noon))).ok, false);
    });

    test(owner.once ? 'refuses what was accepted before' : 'takes the right response again', async () => {
      const one = await scene('alice');
      const response = one.holder.right(noon);
      const first = yes(await verify(one, response));
      const second = await verify({ ...one, state: first.state ?? one.state }, response);
      const isSpent = second.ok && first.spends !== undefined && second.value.spends?.id === first.spends.id;
      assert.equal(second.ok && !isSpent, !owner.once);
    });

    test(`says that a right response ${owner.once ? 'spent something' : 'spent nothing'}`, async () => {
      const one = await scene('alice');
      const { state, spends } = yes(await verify(one, one.holder.right(noon)));
      assert.equal(state !== undefined || spends !== undefined, owner.once);
      if (spends) assert.ok(spends.until > noon);
    });

    test('says by what it was proven, and no more than it can', async () => {
      const one = await scene('alice');
      const proof = yes(await verify(one, one.holder.right(noon)));
      assert.ok(proof.amr.length > 0);
      assert.ok(traits.phishingResistant || !proof.phishingResistant);
    });

    test('takes a right response after wrong ones', async () => {
      const one = await scene('alice');
      const ends = [];
      for (const response of [one.holder.wrong(noon), one.holder.wrong(noon), one.holder.right(noon)])
        ends.push((await verify(one, response)).ok);
      assert.deepEqual(ends, [false, false, true]);
    });

    test('leaves the state it was given untouched', async () => {
      const one = await scene('alice');
      const before = structuredClone(one.state);
      await verify(one, one.holder.right(noon));
      await verify(one, one.holder.wrong(noon));
      assert.deepEqual(one.state, before);
    });

    test('says the same of the same', async () => {
      const one = await scene('alice');
      for (const response of [one.holder.right(noon), one.holder.wrong(noon)]) {
        const again = await verify({ ...one, state: structuredClone(one.state) }, response);
        assert.deepEqual(await verify(one, response), again);
      }
    });

    test('has states that survive JSON', async () => {
      const one = await scene('alice');
      const next = yes(await verify({ ...one, state: throughJson(one.state) }, one.holder.right(noon))).state;
      assert.deepEqual(throughJson(one.state), one.state);
      assert.deepEqual(throughJson(next), next);
    });

    test('has memos that are notes', async () => {
      const { memo } = await scene('alice');
      assert.ok((JSON.stringify(memo) ?? '').length <= 4096);
    });

    test('keeps no secret that can be read in its state', async () => {
      const one = await scene('alice');
      const next = yes(await verify(one, one.holder.right(noon))).state;
      for (const secret of one.holder.secrets)
        assert.equal(JSON.stringify([one.state, next, one.memo]).includes(secret), false);
    });

    test('takes the right response when the keys have rotated since', async () => {
      const one = await scene('alice');
      const later = helpWithTurnedKeys();
      assert.equal((await verify(one, one.holder.right(noon), later)).ok, true);
      if (one.lookup) assert.ok(factor.read(one.holder.right(noon))?.lookups(later).includes(one.lookup));
    });

    test('makes its keyed hashes under its own name, apart from those of other factors', async () => {
      const contexts: string[] = [];
      const { safe } = help();
      const noted = {
        mac: (context: string, value: string) => (contexts.push(context), safe.mac(context, value)),
        macs: (context: string, value: string) => (contexts.push(context), safe.macs(context, value)),
      };
      const watched = { ...help(), safe: noted };
      const one = await scene('alice', watched);
      await verify(one, one.holder.right(noon), watched);
      assert.deepEqual(
        contexts.filter((context) => context !== kind && !context.startsWith(`${kind} `)),
        [],
      );
    });

    test('never takes a response against a state with more in it than it knows, such as one of a newer program', async () => {
      const one = await scene('alice');
      await assert.rejects(verify({ ...one, state: { ...Object(one.state), more: 1 } }, one.holder.right(noon)));
    });

    for (const state of [undefined, {}, [], 'state', ...(enroll ? [null] : [])]) {
      test(`never takes a response against ${JSON.stringify(state) ?? 'nothing'} for a state`, async () => {
        const one = await scene('alice');
        await assert.rejects(verify({ ...one, state }, one.holder.right(noon)));
      });
    }

    test('never takes a response against a memo that it did not write', async () => {
      const one = await scene('alice');
      if (one.memo !== undefined) await assert.rejects(verify({ ...one, memo: { more: 1 } }, one.holder.right(noon)));
    });

    test('reads responses in the forms it names only', async () => {
      const { holder } = await scene('alice');
      const right = holder.right(noon);
      assert.ok(factor.read(right));
      assert.ok(factor.read(holder.wrong(noon)));
      for (const [what, response] of Object.entries({ ...formless(right), ...owner.malformed }))
        assert.equal(factor.read(response) !== undefined, owner.takes?.includes(what) ?? false, what);
    });

    test('refuses to enroll with members it does not know', { skip: !enroll }, async () => {
      const input = { ...owner.input?.('alice'), more: 1 };
      const begun = await enroll?.begin({ settings, input, others: [] }, help());
      assert.deepEqual(begun, { ok: false, reason: 'malformed_input' });
    });

    test('is found by its response exactly when it can be looked up', async () => {
      const { lookup, holder } = await scene('alice');
      assert.equal(factor.isFound, lookup !== undefined);
      const found = (response: unknown) =>
        factor
          .read(response)
          ?.lookups(help())
          .includes(lookup ?? '');
      assert.equal(found(holder.right(noon)), factor.isFound);
    });

    test('gives a prompt a handle exactly where responses name it', async () => {
      const ctx = help();
      const begun = await begin('alice', ctx);
      const candidates = [{ id: 'one', state: begun.state }];
      const prompted = factor.prompt && yes(await factor.prompt({ settings, candidates }, ctx));
      const holder = owner.hold('alice', { shown: begun.shown, prompted, code: prompted?.message?.code });
      if (prompted?.handle !== undefined) assert.equal(factor.read(holder.right(noon))?.handle, prompted.handle);
      if (traits.sends) assert.equal(prompted?.message?.channel, traits.sends);
      else assert.equal(prompted?.message, undefined);
    });
  });
}

function settingsOf({ settings }: Factor, owner: Owner): unknown {
  return owner.settings && settings?.inForce && yes(settings.inForce([owner.settings], help().operator));
}

/** What fits no factor. */
function formless(right: unknown): Record<string, unknown> {
  return {
    nothing: undefined,
    null: null,
    'a truth': true,
    'a list of the right response': [right],
    'a list of guesses': ['000000', '000001'],
    'the right response in an object': { reply: right },
    'an object that passes for text': { toString: () => right },
    'a number that is none': Number.NaN,
    'a number without end': Number.POSITIVE_INFINITY,
    'half a surrogate pair, many times': '\ud800'.repeat(16),
    'ten thousand digits': '1'.repeat(10_000),
    'ten thousand spaces and the right response': ' '.repeat(10_000) + JSON.stringify(right),
  };
}

const throughJson = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
