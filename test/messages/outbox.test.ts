import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { SetupError } from '../../src/base/fault.ts';
import { createOutbox } from '../../src/messages/outbox.ts';
import { gatewayContract } from '../contracts/gateway.ts';
import { clockAt } from '../../kit/clock.ts';
import { email, sms } from './help.ts';

const clock = clockAt('2026-01-01T12:00:00.123Z');

async function openFolder(): Promise<AsyncDisposable & { readonly file: string; readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-outbox-'));
  const file = join(folder, 'outbox.jsonl');
  return { folder, file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

const linesOf = async (file: string): Promise<unknown[]> =>
  (await readFile(file, 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));

gatewayContract({
  name: 'outbox',
  message: sms,
  secrets: [],
  troubles: [],
  async open() {
    const { file, ...place } = await openFolder();
    return { ...place, gateway: createOutbox({ file }, clock), taken: async () => (await linesOf(file)).map(pick) };
  },
});

function pick(line: unknown): { readonly to: string; readonly body: string } {
  const { to, body } = line as { to: string; body: string };
  return { to, body };
}

describe('the outbox', () => {
  test('keeps one JSON line a message, the code by itself', async () => {
    await using place = await openFolder();
    const outbox = createOutbox({ file: place.file }, clock);
    await outbox.send(sms);
    await outbox.send({ channel: 'email', to: email.to, subject: 'Your password', body: 'It was changed.' });
    const at = '2026-01-01T12:00:00.123Z';
    assert.deepEqual(await linesOf(place.file), [
      { at, channel: 'sms', to: sms.to, body: sms.body, code: sms.code },
      { at, channel: 'email', to: email.to, body: 'It was changed.', code: null },
    ]);
  });

  test('is there from the start, for its owner only', async () => {
    await using place = await openFolder();
    createOutbox({ file: place.file }, clock);
    assert.equal((await stat(place.file)).mode & 0o777, 0o600);
  });

  test('adds to what is there', async () => {
    await using place = await openFolder();
    await writeFile(place.file, '{"at":"before"}\n');
    await createOutbox({ file: place.file }, clock).send(sms);
    assert.equal((await linesOf(place.file)).length, 2);
  });

  test('keeps lines whole when several write to one file', async () => {
    await using place = await openFolder();
    const outboxes = Array.from({ length: 4 }, () => createOutbox({ file: place.file }, clock));
    const body = 'x'.repeat(100_000);
    await Promise.all(outboxes.flatMap((outbox) => [1, 2, 3].map(() => outbox.send({ ...sms, body }))));
    assert.equal((await linesOf(place.file)).length, 12);
  });

  test('is made anew for its owner only when somebody moves it away', async () => {
    await using place = await openFolder();
    const outbox = createOutbox({ file: place.file }, clock);
    await rm(place.file);
    await outbox.send(sms);
    assert.equal((await stat(place.file)).mode & 0o777, 0o600);
  });

  test('does not take a message when the disk is full', { skip: !existsSync('/dev/full') }, async () => {
    const delivery = await createOutbox({ file: '/dev/full' }, clock).send(sms);
    assert.deepEqual(delivery, { ok: false, reason: 'gateway_failed', detail: 'ENOSPC' });
  });

  test('stops the start where it cannot be written', async () => {
    await using place = await openFolder();
    for (const file of [join(place.folder, 'nowhere', 'outbox.jsonl'), place.folder, '']) {
      assert.throws(() => createOutbox({ file }, clock), SetupError);
    }
  });
});
