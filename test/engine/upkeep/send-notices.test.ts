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
import { atOnce, got, house, type House } from '../../../kit/house.ts';

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
const names = async ({ ctx }: House) =>
  (await ctx.store.db.selectFrom('notices').select('name').orderBy('at').orderBy('attempt_id').execute()).map(
    ({ name }) => name,
  );

onEachDatabase('telling people of changes', (on) => {
  test('a factor that is added or removed, new recovery codes, one that was used, and the end of it all', async () => {
    await using home = await house(on);
    const person = await home.addProtected('ada', ada);
    assert.deepEqual(await names(home), ['factor_added']);
    assert.equal(await sendNotices(home.ctx), 1);
    const [added] = home.sent;
    assert.deepEqual([added?.channel, added?.to, added?.code], ['email', ada.email, undefined]);
    assert.match(added?.body ?? '', /ada/);
    assert.deepEqual(await names(home), []);
    assert.equal(await sendNotices(home.ctx), 0);

    const by = async () => home.caller(person.token);
    const [code] = got(await renewRecoveryCodes(home.ctx, await by()));
    assert.deepEqual(await names(home), ['recovery_codes_renewed']);
    await sendNotices(home.ctx);
    await home.signIn('ada', person.password, code);
    assert.deepEqual(await names(home), ['recovery_code_used']);
    await sendNotices(home.ctx);
    got(await turnOffMfa(home.ctx, await by()));
    assert.deepEqual(await names(home), ['mfa_disabled']);
    await sendNotices(home.ctx);
    const { id } = await home.enrollTotp(await by());
    const user = (await findUser(home.ctx.store, person.user.id)) ?? assert.fail('ada is gone');
    got(await remove(home.ctx, await by(), { user, authenticatorId: id }));
    assert.deepEqual((await names(home)).toSorted(), ['factor_added', 'factor_removed']);
    assert.equal(await sendNotices(home.ctx), 2);
    assert.equal(new Set(home.sent.map(({ subject }) => subject)).size, 5);
  });

  test('a change that is refused tells nobody, and of two at once one is told', async () => {
    await using home = await house(on);
    const person = await home.addProtected('ada', ada);
    await sendNotices(home.ctx);
    const caller = await home.caller(person.token);
    const outcomes = await atOnce(2, () => turnOffMfa(home.ctx, caller));
    assert.equal(outcomes.filter(({ ok }) => ok).length, 1);
    assert.deepEqual(await names(home), ['mfa_disabled']);
  });

  test('who has no address is not told', async () => {
    await using home = await house(on);
    await home.addProtected('ada');
    assert.deepEqual(await names(home), []);
    assert.equal(await sendNotices(home.ctx), 0);
  });

  test('while the mail server fails it is tried again with growing waits, logins go on, and in the end it is given up', async () => {
    const { door, seen, now } = mail();
    now.trouble = 'gateway_failed';
    await using home = await house(on, { gateways: [door] });
    const person = await home.addProtected('ada', ada);
    assert.equal(seen.length, 0, 'a change waited for the mail server');
    const waits = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
    for (const [tries, wait] of waits.entries()) {
      assert.equal(await sendNotices(home.ctx), 0);
      assert.equal(seen.length, tries + 1);
      home.clock.tick(wait * minute - 1);
      await sendNotices(home.ctx);
      assert.equal(seen.length, tries + 1, `tried again before ${wait} minutes were over`);
      home.clock.tick(1);
    }
    assert.ok(await home.signIn('ada', person.password, home.codeFor(person.seed)));
    assert.equal(await sendNotices(home.ctx), 0);
    assert.equal(seen.length, 12);
    assert.deepEqual(await names(home), []);
    // Once: not at every try that failed.
    assert.equal(home.lines.filter(({ message }) => message === 'a notice was given up').length, 1);
    assert.ok(!JSON.stringify(home.lines).includes(ada.email));
  });

  test('one that goes out at the last try is not given up', async () => {
    const { door, now } = mail();
    now.trouble = 'gateway_failed';
    await using home = await house(on, { gateways: [door] });
    await home.addProtected('ada', ada);
    for (let tries = 1; tries < 12; tries += 1) {
      assert.equal(await sendNotices(home.ctx), 0);
      home.clock.tick(1024 * minute);
    }
    delete now.trouble;
    assert.equal(await sendNotices(home.ctx), 1);
    assert.deepEqual(
      home.lines.filter(({ message }) => message === 'a notice was given up'),
      [],
    );
  });

  test('it goes out once the mail server is back', async () => {
    const { door, seen, now } = mail();
    now.trouble = 'gateway_failed';
    await using home = await house(on, { gateways: [door] });
    await home.addProtected('ada', ada);
    await sendNotices(home.ctx);
    delete now.trouble;
    home.clock.tick(minute);
    assert.equal(await sendNotices(home.ctx), 1);
    assert.equal(seen.length, 2);
    assert.deepEqual(await names(home), []);
  });

  test('an address at which nobody can be reached is given up at once', async () => {
    const { door, seen, now } = mail();
    now.trouble = 'invalid_destination';
    await using home = await house(on, { gateways: [door] });
    await home.addProtected('ada', ada);
    assert.equal(await sendNotices(home.ctx), 0);
    assert.deepEqual([seen.length, await names(home)], [1, []]);
  });

  test('two nodes at once send one', async () => {
    const { door, seen } = mail();
    await using home = await house(on, { gateways: [door] });
    const node = await home.node({ gateways: [door] });
    await home.addProtected('ada', ada);
    const sent = await atOnce(8, (at) => sendNotices((at % 2 === 0 ? home : node).ctx));
    const total = sent.reduce((sum, count) => sum + count, 0);
    assert.deepEqual([total, seen.length], [1, 1]);
  });
});
