import { createExchange } from '../../src/base/exchange.ts';
import { duoSettings, type DuoSettings } from '../../src/factors/duo/settings.ts';
import type { DuoContext, DuoOutcome, DuoPrompt, Spent } from '../../src/factors/duo/protocol.ts';
import type { Prompt } from '../../src/factors/factor.ts';
import { duoUniversal } from '../../src/factors/duo/universal.ts';
import { openDuo, type DuoServer } from '../../kit/stand-ins/duo.ts';
import { common, duoContext } from './duo-help.ts';
import { noon, yes } from './help.ts';

export type Scene = AsyncDisposable & {
  readonly server: DuoServer;
  readonly settings: DuoSettings;
  /** The time on both sides, in milliseconds since the Unix epoch, and how long we wait. */
  at(now: number, deadline?: number): DuoContext;
  ask(user?: string): Promise<Question>;
  /** What the person's browser brings back when they have said yes. */
  visit(question: Question): Promise<{ state: string; duo_code: string }>;
  check(question: Question, reply: unknown, changes?: Changes): Promise<DuoOutcome<Spent>>;
};

export type Question = Pick<DuoPrompt, 'memo' | 'handle'> & { readonly ask: Extract<Prompt, { shape: 'redirect' }> };

type Changes = {
  readonly user?: string;
  readonly now?: number;
  readonly deadline?: number;
  readonly settings?: DuoSettings;
};

export function questionOf({ prompt, ...question }: DuoPrompt): Question {
  if (prompt.shape !== 'redirect') throw new Error('the Universal Prompt is a redirect');
  return { ask: prompt, ...question };
}

/** A server that has Duo as a provider, and a Duo. */
export async function openScene(): Promise<Scene> {
  const server = await openDuo(() => noon);
  const settings = duoSettings([server.host]).parse({ ...common, api_hostname: server.host });
  const at = (now: number, deadline = 10_000) =>
    duoContext({ now, exchange: createExchange({ deadline, ca: server.ca }) });
  return {
    server,
    settings,
    at,
    ask: async (user = 'alice') => questionOf(yes(await duoUniversal.ask(settings, user, at(noon)))),
    visit: ({ ask }) => server.visit(ask.url),
    check: ({ memo }, reply, { user = 'alice', now = noon, deadline, settings: changed = settings } = {}) =>
      duoUniversal.check(changed, { user, memo: JSON.parse(JSON.stringify(memo)), response: reply }, at(now, deadline)),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
