import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../../src/base/clock.ts';
import { success } from '../../../src/base/outcome.ts';
import { renewRecoveryCodes } from '../../../src/engine/enrollment/recovery-codes.ts';
import { remove } from '../../../src/engine/enrollment/remove.ts';
import { turnOffMfa } from '../../../src/engine/enrollment/turn-off-mfa.ts';
import { sendNotices } from '../../../src/engine/upkeep/send-notices.ts';
import { declined, type Gateway, type Message, type MessageReason } from '../../../src/messages/message.ts';
import { findUser } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { atOnce, unwrap, startEngine, type TestEngine } from '../../../kit/test-engine.ts';

/** A mail server that keeps what it is given, and is in trouble while it is told to be. */
function mail() {
  const seen: Message[] = [];
  const now: { trouble?: MessageReason } = {};
  const door: Gateway = {
    name: 'mail',
    channels: ['email'],
    async send(message) {
      seen.push(message);
      return now.trouble ? declined(now.trouble, 'as the test wants it') : success(undefined);
    },
  };
  return { door, seen, now };
}

const ada = { email: 'ada@example.org' };
const names = async ({ ctx }: TestEngine) =>
  (await ctx.store.db.selectFrom('notices').select('name').orderBy('at').orderBy('attempt_id').execute()).map(
    ({ name }) => name,
  );

onEachDatabase('telling people of changes', (on) => {
  test('a factor that is added or removed, new recovery codes, one that was used, and the end of it all', async () => {
    await using engine = await startEngine(on);
    const person = await engine.addProtected('ada', ada);
    assert.deepEqual(await names(engine), ['factor_added']);
    assert.equal(await sendNotices(engine.ctx), 1);
    const [added] = engine.sent;
    assert.deepEqual([added?.channel, added?.to, added?.code], ['email', ada.email, undefined]);
    assert.match(added?.body ?? '', /ada/);
    assert.deepEqual(await names(engine), []);
    assert.equal(await sendNotices(engine.ctx), 0);

    const by = async () => engine.caller(person.token);
    const [code] = unwrap(await renewRecoveryCodes(engine.ctx, await by())).codes;
    assert.deepEqual(await names(engine), ['recovery_codes_renewed']);
    await sendNotices(engine.ctx);
    await engine.signIn('ada', person.password, code);
    assert.deepEqual(await names(engine), ['recovery_code_used']);
    await sendNotices(engine.ctx);
    unwrap(await turnOffMfa(engine.ctx, await by()));
    assert.deepEqual(await names(engine), ['mfa_disabled']);
    await sendNotices(engine.ctx);
    const { id } = await engine.enrollTotp(await by());
    const user = (await findUser(engine.ctx.store, person.user.id)) ?? assert.fail('ada is gone');
    unwrap(await remove(engine.ctx, await by(), { user, authenticatorId: id }));
    assert.deepEqual((await names(engine)).toSorted(), ['factor_added', 'factor_removed']);
    assert.equal(await sendNotices(engine.ctx), 2);
    assert.equal(new Set(engine.sent.map(({ subject }) => subject)).size, 5);
  });

  test('a change that is refused tells nobody, and of two at once one is told', async () => {
    await using engine = await startEngine(on);
    const person = await engine.addProtected('ada', ada);
    await sendNotices(engine.ctx);
    const caller = await engine.caller(person.token);
    const outcomes = await atOnce(2, () => turnOffMfa(engine.ctx, caller));
    assert.equal(outcomes.filter(({ ok }) => ok).length, 1);
    assert.deepEqual(await names(engine), ['mfa_disabled']);
  });

  test('who has no address is not told', async () => {
    await using engine = await startEngine(on);
    await engine.addProtected('ada');
    assert.deepEqual(await names(engine), []);
    assert.equal(await sendNotices(engine.ctx), 0);
  });

  test('while the mail server fails it is tried again with growing waits, logins go on, and in the end it is given up', async () => {
    const { door, seen, now } = mail();
    now.trouble = 'gateway_failed';
    await using engine = await startEngine(on, { gateways: [door] });
    const person = await engine.addProtected('ada', ada);
    assert.equal(seen.length, 0, 'a change waited for the mail server');
    const waits = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
    for (const [tries, wait] of waits.entries()) {
      assert.equal(await sendNotices(engine.ctx), 0);
      assert.equal(seen.length, tries + 1);
      engine.clock.tick(wait * minute - 1);
      await sendNotices(engine.ctx);
      assert.equal(seen.length, tries + 1, `tried again before ${wait} minutes were over`);
      engine.clock.tick(1);
    }
    assert.ok(await engine.signIn('ada', person.password, engine.codeFor(person.seed)));
    assert.equal(await sendNotices(engine.ctx), 0);
    assert.equal(seen.length, 12);
    assert.deepEqual(await names(engine), []);
    // Once: not at every try that failed.
    assert.equal(engine.lines.filter(({ message }) => message === 'notice discarded').length, 1);
    assert.ok(!JSON.stringify(engine.lines).includes(ada.email));
  });

  test('one that goes out at the last try is not given up', async () => {
    const { door, now } = mail();
    now.trouble = 'gateway_failed';
    await using engine = await startEngine(on, { gateways: [door] });
    await engine.addProtected('ada', ada);
    for (let tries = 1; tries < 12; tries += 1) {
      assert.equal(await sendNotices(engine.ctx), 0);
      engine.clock.tick(1024 * minute);
    }
    delete now.trouble;
    assert.equal(await sendNotices(engine.ctx), 1);
    assert.deepEqual(
      engine.lines.filter(({ message }) => message === 'notice discarded'),
      [],
    );
  });

  test('it goes out once the mail server is back', async () => {
    const { door, seen, now } = mail();
    now.trouble = 'gateway_failed';
    await using engine = await startEngine(on, { gateways: [door] });
    await engine.addProtected('ada', ada);
    await sendNotices(engine.ctx);
    delete now.trouble;
    engine.clock.tick(minute);
    assert.equal(await sendNotices(engine.ctx), 1);
    assert.equal(seen.length, 2);
    assert.deepEqual(await names(engine), []);
  });

  test('an address at which nobody can be reached is given up at once', async () => {
    const { door, seen, now } = mail();
    now.trouble = 'invalid_destination';
    await using engine = await startEngine(on, { gateways: [door] });
    await engine.addProtected('ada', ada);
    assert.equal(await sendNotices(engine.ctx), 0);
    assert.deepEqual([seen.length, await names(engine)], [1, []]);
  });

  test('two nodes at once send one', async () => {
    const { door, seen } = mail();
    await using engine = await startEngine(on, { gateways: [door] });
    const node = await engine.node({ gateways: [door] });
    await engine.addProtected('ada', ada);
    const sent = await atOnce(8, (at) => sendNotices((at % 2 === 0 ? engine : node).ctx));
    const total = sent.reduce((sum, count) => sum + count, 0);
    assert.deepEqual([total, seen.length], [1, 1]);
  });
});
