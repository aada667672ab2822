import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, minute, second } from '../../../src/base/clock.ts';
import { success } from '../../../src/base/outcome.ts';
import { answerLogin } from '../../../src/engine/login/answer-login.ts';
import { confirm } from '../../../src/engine/enrollment/confirm.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { sendCode } from '../../../src/engine/proof/send-code.ts';
import { declined, type Gateway } from '../../../src/messages/message.ts';
import { createTexts } from '../../../src/messages/texts.ts';
import { onEachDatabase, type TestDatabase } from '../../../kit/databases.ts';
import {
  client,
  unwrap,
  startEngine,
  noTurns,
  type TestEngine,
  type Overrides,
  type Person,
} from '../../../kit/test-engine.ts';

const to = '+12133734253';

/** A gateway that keeps the codes it sees, fails while it is told to, and lets something happen first. */
function box() {
  const codes: string[] = [];
  const now = { isBroken: false, first: async (): Promise<unknown> => undefined };
  const door: Gateway = {
    name: 'door',
    channels: ['sms'],
    async send({ code = '' }) {
      await now.first();
      codes.push(code);
      return now.isBroken ? declined('gateway_failed', 'as the test wants it') : success(undefined);
    },
  };
  return { door, codes, now, newest: () => codes.at(-1) ?? assert.fail('no code was sent') };
}

type Box = ReturnType<typeof box>;

/** Somebody whose second factor is a code by text message; all limits are open again. */
async function withSms(engine: TestEngine, { newest }: Box, name: string, destination = to): Promise<Person> {
  const person = await engine.addPerson(name);
  const given = { kind: 'sms', label: null, input: { destination } } as const;
  const { authenticator } = unwrap(await enroll(engine.ctx, person.caller, given));
  const response = { authenticatorId: authenticator.id, response: newest(), withoutRecoveryCodes: true } as const;
  unwrap(await confirm(engine.ctx, person.caller, response));
  engine.clock.tick(day);
  return person;
}

async function scene(on: TestDatabase, overrides: Overrides = {}) {
  const gateway = box();
  const engine = await startEngine(on, { gateways: [gateway.door], ...overrides });
  const person = await withSms(engine, gateway, 'ada');
  gateway.codes.length = 0;
  const challenge = ({ name, password } = person) => engine.challenge(name, password);
  return {
    ...gateway,
    engine,
    person,
    challenge,
    send: async (node: TestEngine = engine, who: Person = person): Promise<string> => {
      const sent = await sendCode(node.ctx, { challenge: await challenge(who) });
      return sent.ok ? 'sent' : [sent.reason, sent.retryAfter ?? []].flat().join(' ');
    },
    response: async (code: string): Promise<string> => {
      const outcome = await answerLogin(engine.ctx, { challengeToken: await challenge(), response: code });
      return outcome.ok ? 'right' : outcome.reason;
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

const not = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

onEachDatabase('sending a code', (on) => {
  test("it comes in the words of its person's account and language", async () => {
    const bodies: string[] = [];
    const keeping: Gateway = {
      name: 'keeping',
      channels: ['sms'],
      async send({ body }) {
        bodies.push(body.split('\n')[0] ?? '');
        return success(undefined);
      },
    };
    await using engine = await startEngine(on, { gateways: [keeping] });
    const told = (language: string, account?: string) =>
      ({ language, account, text: 'sms_code', body: `${language} of ${account ?? 'all'}: {code}` }) as const;
    const texts = createTexts([told('de'), told('en', engine.root), told('de', engine.root), told('de', 'another')]);
    const ctx = { ...engine.ctx, texts };
    const ada = await engine.addPerson('ada');
    const given = { kind: 'sms', label: null, input: { destination: to } } as const;
    for (const language of ['de-CH', 'fr', undefined]) {
      unwrap(await enroll({ ...ctx.at(), client: { ...client, language } }, ada.caller, given));
      engine.clock.tick(minute);
    }
    const said = bodies.map((body) => body.replace(/: \d{6}$/, ''));
    assert.deepEqual(said, [`de of ${engine.root}`, `en of ${engine.root}`, `en of ${engine.root}`]);
  });

  test('a code works until five minutes are over, to the millisecond', async () => {
    for (const [after, outcome] of [
      [5 * minute - 1, 'right'],
      [5 * minute, 'wrong'],
    ] as const) {
      await using town = await scene(on);
      assert.equal(await town.send(), 'sent');
      town.engine.clock.tick(after);
      assert.equal(await town.response(town.newest()), outcome);
    }
  });

  test('a new code takes the place of the one before, and works once', async () => {
    await using town = await scene(on);
    const { engine, send, response, newest } = town;
    await send();
    const first = newest();
    engine.clock.tick(30 * second);
    await send();
    assert.equal(await response(first), 'wrong');
    const next = newest();
    assert.equal(await response(next), 'right');
    assert.equal(await response(next), 'wrong');
  });

  test('after five looks a code is dead, even when the wait is over; a new one is not', async () => {
    await using town = await scene(on);
    const { engine, send, response, newest } = town;
    await send();
    const code = newest();
    for (let look = 0; look < 5; look += 1) assert.equal(await response(not(code)), 'wrong');
    assert.equal(await response(code), 'throttled');
    engine.clock.tick(30 * second);
    assert.equal(await response(code), 'wrong');
    engine.clock.tick(minute);
    assert.equal(await send(), 'sent');
    assert.equal(await response(newest()), 'right');
  });

  test('a destination gets one in 30 seconds and ten a day, for every requester and on every node', async () => {
    await using town = await scene(on);
    const { engine, send, ...gateway } = town;
    const bob = await withSms(engine, gateway, 'bob');
    const node = await engine.node({ gateways: [gateway.door] });
    for (let message = 0; message < 10; message += 1) {
      assert.equal(await send(engine, message % 2 === 0 ? bob : undefined), 'sent');
      engine.clock.tick(30 * second - 1);
      if (message < 9) assert.equal(await send(node), 'send_limited 1');
      engine.clock.tick(1);
    }
    assert.equal(await send(node), `send_limited ${day / second - 300}`);
    engine.clock.tick(day - 5 * minute);
    assert.equal(await send(node, bob), 'sent');
  });

  test('a gateway that fails leaves no new code, and the log says why', async () => {
    await using town = await scene(on);
    const { engine, send, response, newest, now } = town;
    await send();
    const before = newest();
    engine.clock.tick(30 * second);
    now.isBroken = true;
    const [login, logged] = await engine.logged(async () => assert.equal(await send(), 'gateway_failed'));
    assert.equal(login?.action, 'login');
    assert.deepEqual([logged?.action, logged?.outcome, logged?.reason], ['send', 'failed', 'gateway_failed']);
    assert.equal(await response(newest()), 'wrong');
    assert.equal(await response(before), 'right');
  });

  test('when the code before was used while the new one was on its way, the new one does not exist', async () => {
    await using town = await scene(on, { turns: noTurns });
    const { engine, send, response, newest, now } = town;
    await send();
    const before = newest();
    engine.clock.tick(30 * second);
    now.first = async () => assert.equal(await response(before), 'right');
    assert.equal(await send(), 'raced');
    assert.equal(await response(newest()), 'wrong');
  });

  test('a challenge that is unknown or over, and an authenticator that is not its user’s, get nothing', async () => {
    await using town = await scene(on);
    const { engine, challenge, codes } = town;
    const reason = async (challengeToken: string, authenticatorId?: string) => {
      const sent = await sendCode(engine.ctx, { challenge: challengeToken, authenticatorId });
      return sent.ok ? 'sent' : sent.reason;
    };
    assert.equal(await reason('unknown'), 'invalid_challenge');
    const open = await challenge();
    assert.equal(await reason(open, '0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee'), 'not_found');
    engine.clock.tick(3 * minute);
    assert.equal(await reason(open), 'invalid_challenge');
    assert.deepEqual(codes, []);
  });
});
