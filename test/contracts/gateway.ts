import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { stopwatch } from '../../src/base/clock.ts';
import type { Delivery, Gateway, Message } from '../../src/messages/message.ts';
import { createMessenger } from '../../src/messages/messenger.ts';
import { recordingLog } from '../messages/help.ts';

/** What the other side can do instead of taking a message, and what has to come of it. */
const troubles = {
  'refuses the destination': 'invalid_destination',
  'is broken': 'gateway_failed',
  'says nothing': 'gateway_failed',
  'stops in the middle': 'gateway_failed',
  'sends us elsewhere': 'gateway_failed',
  'talks nonsense': 'gateway_failed',
  'talks without end': 'gateway_failed',
  'talks slowly': 'gateway_failed',
  'hangs up': 'gateway_failed',
} as const;

export type Trouble = keyof typeof troubles;

/** All that can go wrong with a gateway that speaks HTTP. */
export const everyTrouble = Object.keys(troubles) as Trouble[];

export type Scene = AsyncDisposable & {
  readonly gateway: Gateway;
  /** What the other side has taken. */
  readonly taken: () => Taken | Promise<Taken>;
  /** Ends the trouble. */
  readonly mend?: () => void;
  /** How many requests have come, wherever they were sent. */
  readonly requests?: () => number;
};

export type Taken = readonly { readonly to: string; readonly body: string }[];

export type GatewayOwner = {
  readonly name: string;
  /** Its destination, body and code must not be repeated anywhere. */
  readonly message: Message;
  readonly secrets: readonly string[];
  readonly troubles: readonly Trouble[];
  /** Milliseconds in which the other side can begin to answer, where that takes long. */
  readonly haste?: number;
  /** Sets up the other side, in some trouble or in none, and the gateway with a deadline in milliseconds. */
  open(deadline: number, trouble?: Trouble): Promise<Scene>;
};

/** Troubles that last until we give up. */
const endless: readonly Trouble[] = ['says nothing', 'stops in the middle', 'talks slowly'];

/** Long enough for what has an end on a busy machine, and short enough to wait for where there is none. */
function deadlineFor(trouble: Trouble | undefined, haste = 120): number {
  return trouble !== undefined && endless.includes(trouble) ? haste : 10_000;
}

/** What holds for every gateway: whoever adds one gets these tests for the price of an owner. */
export function gatewayContract(owner: GatewayOwner): void {
  const { message } = owner;
  const open = (trouble?: Trouble) => owner.open(deadlineFor(trouble, owner.haste), trouble);

  describe(`the gateway ${owner.name}`, { concurrency: 8 }, () => {
    test('hands a message over once, as it is', async () => {
      await using scene = await open();
      assert.deepEqual(await scene.gateway.send(message), { ok: true, value: undefined });
      assert.deepEqual(await scene.taken(), [{ to: message.to, body: message.body }]);
    });

    test('keeps every letter and line of a text', async () => {
      const body = 'Größe: 5 €, 6 < 7 & "8" 100% + {code}\n.\n..\nFrom here: 漢字 😀\n\n@login.example.com #731904';
      await using scene = await open();
      assert.equal((await scene.gateway.send({ ...message, body })).ok, true);
      assert.deepEqual(await scene.taken(), [{ to: message.to, body }]);
    });

    test('hands over twenty messages at once, each once', async () => {
      const bodies = Array.from({ length: 20 }, (_, index) => `message number ${index}`);
      await using scene = await open();
      const ends = await Promise.all(bodies.map((body) => scene.gateway.send({ ...message, body })));
      assert.deepEqual([...new Set(ends.map(({ ok }) => ok))], [true]);
      assert.deepEqual((await scene.taken()).map(({ body }) => body).toSorted(), bodies.toSorted());
    });

    test('says on which channels it sends, and is named without a secret', async () => {
      await using scene = await open();
      assert.equal(scene.gateway.channels.includes(message.channel), true);
      assert.deepEqual(secretsIn(scene.gateway.name, owner), []);
    });

    test('answers gateway_failed when there is nobody', async () => {
      const scene = await open();
      await scene[Symbol.asyncDispose]();
      assert.equal(reasonOf(await scene.gateway.send(message)), 'gateway_failed');
    });

    if (owner.troubles.includes('says nothing')) {
      test('gives twenty messages up at once, each in time, when the other side says nothing', async () => {
        await using scene = await open('says nothing');
        const seconds = stopwatch();
        const ends = await Promise.all(Array.from({ length: 20 }, () => scene.gateway.send(message)));
        assert.deepEqual([...new Set(ends.map(reasonOf))], ['gateway_failed']);
        assert.ok(seconds() < 3, 'it took too long');
      });
    }

    for (const trouble of owner.troubles) {
      test(`answers ${troubles[trouble]} in time when the other side ${trouble}`, async () => {
        await using scene = await open(trouble);
        const seconds = stopwatch();
        assert.equal(reasonOf(await scene.gateway.send(message)), troubles[trouble]);
        assert.ok(seconds() < 3, 'it took too long');
        assert.deepEqual(await scene.taken(), []);
        // No second try, and no step to where a redirect leads.
        assert.ok((scene.requests?.() ?? 0) <= 1);
      });

      test(`tells the operator and nobody's secrets when the other side ${trouble}`, async () => {
        await using scene = await open(trouble);
        const log = recordingLog();
        const deliveries: Delivery[] = [];
        const send = async (sent: Message) => {
          const delivery = await scene.gateway.send(sent);
          deliveries.push(delivery);
          return delivery;
        };
        const outcome = await createMessenger([{ ...scene.gateway, send }], log).send(message);
        assert.deepEqual(outcome, { ok: false, reason: troubles[trouble] });
        const [{ fields } = {}] = log.lines;
        assert.match(
          String(fields?.detail),
          /^(?:status \d{3}(?:, error \d+)?|[A-Za-z]+[A-Z_]*(?: \d{3}(?: \d\.\d+\.\d+)?)?)$/,
        );
        assert.deepEqual(secretsIn(inspect([deliveries, log.lines], { depth: null }), owner), []);
      });

      test(`takes a message again after the other side ${trouble}`, async () => {
        await using scene = await open(trouble);
        await scene.gateway.send(message);
        scene.mend?.();
        assert.equal(await eventually(scene.gateway, message), true);
      });
    }
  });
}

function reasonOf(delivery: Delivery): string {
  return delivery.ok ? 'taken' : delivery.reason;
}

/** With a short deadline, a good message may come too late on a busy machine. */
async function eventually(gateway: Gateway, message: Message): Promise<boolean> {
  for (let tries = 0; tries < 20; tries += 1) {
    if ((await gateway.send(message)).ok) return true;
  }
  return false;
}

function secretsIn(text: string, { message, secrets }: GatewayOwner): string[] {
  const parts = [message.to, message.code ?? '', ...message.body.split('\n'), ...secrets];
  return parts.filter((part) => part !== '' && text.includes(part));
}
