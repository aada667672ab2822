/**
 * Plays a page whose commands wait and read messages. Nobody sleeps: the server's clock goes on by as much instead.
 *
 *   node test/docs/page-with-waits.ts docs/self-service.md    writes the answers of the page anew
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen } from '../../src/cli/listen.ts';
import type { Route } from '../../src/http/route.ts';
import { createOutbox } from '../../src/messages/outbox.ts';
import { shownAs } from '../../kit/shown-answer.ts';
import { play, readPage, withAnswers, type Page } from '../../kit/transcript.ts';
import { runningClock } from '../../kit/clock.ts';
import { startServer } from '../../kit/server.ts';

export type Played = {
  /** The answers to a page's commands, as it shows them. */
  readonly answers: readonly string[];
  /** The routes that no command of it asked. */
  readonly unasked: readonly Route[];
};

/** Plays a page. Programs that tell the time are told how long was slept. */
export async function playPage({ steps }: Page): Promise<Played> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-sms-page-'));
  const [outbox, slept] = [join(folder, 'outbox.jsonl'), join(folder, 'slept')];
  const clock = { ...runningClock(), now: () => Date.now() + secondsIn(slept) * 1000 };
  const front = await listen('127.0.0.1', 0);
  const url = `http://localhost:${front.port}`;
  const gateways = [createOutbox({ file: outbox }, clock)];
  const server = await startServer({ url, clock, gateways, registration: 'open' });
  try {
    front.open(server.countersign.listener);
    const sleep = `
      sleep() { echo "$1" >> '${slept}'; }
      slept() { awk '{ sum += $1 } END { print sum + 0 }' '${slept}'; }
      oathtool() { command oathtool -N "$(slept) seconds" "$@"; }
      : > '${slept}'`;
    const commands = steps.map(({ command }) => command.replaceAll('/tmp/outbox.jsonl', outbox));
    const [, ...printed] = await play([sleep, ...commands], url);
    const answers = printed.map((text) => shownAs(text.replaceAll(/\b\d{6}\b/g, '…'), url));
    const { text: metrics } = await server.call('GET', '/metrics');
    const wasAsked = ({ method, path }: Route) =>
      metrics.includes(`{method="${method.toUpperCase()}",route="${path}",`);
    return { answers, unasked: server.countersign.routes.filter((route) => !wasAsked(route)) };
  } finally {
    await front.close(0);
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  }
}

function secondsIn(slept: string): number {
  if (!existsSync(slept)) return 0;
  return readFileSync(slept, 'utf8')
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + Number(line), 0);
}

if (import.meta.main) {
  for (const file of process.argv.slice(2)) {
    const markdown = readFileSync(file, 'utf8');
    const page = readPage(markdown);
    writeFileSync(file, withAnswers(markdown, page.steps, (await playPage(page)).answers));
  }
}
