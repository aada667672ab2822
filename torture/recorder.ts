import { createHash } from 'node:crypto';
import { Agent, request as send } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { basic, bearer } from '../kit/load/client.ts';
import type { Chance } from './seeded-random.ts';
import type { Got, Op, Seen, Sent } from './history.ts';
import type { Node } from './nodes.ts';

export type Asked = {
  readonly op: Op;
  readonly who: string;
  /** Any, when absent. */
  readonly node?: number | undefined;
  readonly method: string;
  readonly path: string;
  readonly token?: string | undefined;
  readonly basic?: readonly [string, string];
  readonly json?: unknown;
  readonly sent: Sent;
  /** What the answer gave, where it was a good one. */
  readonly got?: (body: Body) => Got;
};

export type Body = Readonly<Record<string, unknown>>;

export type Answered = { readonly seen: Seen; readonly ok: boolean; readonly body: Body };

/** Whoever asks, and writes down what was asked and what came of it. */
export type Asker = {
  readonly seen: readonly Seen[];
  readonly ask: (asked: Asked) => Promise<Answered>;
  readonly close: () => void;
};

/** Milliseconds after which nobody waits for an answer any more. */
const patience = 25_000;
const breath = 100;

export function openAsker(nodes: readonly Node[], chance: Chance, elapsed: () => number): Asker {
  const agent = new Agent({ keepAlive: true });
  const all: Seen[] = [];
  return {
    seen: all,
    async ask(asked) {
      const node = asked.node ?? anyOf(nodes, chance);
      const start = elapsed();
      const said = await exchange(agent, nodes[node]?.wire.port ?? 0, asked).catch(() => undefined);
      const end = elapsed();
      const { op, who, sent } = asked;
      const about = { op, who, node, start, end, sent };
      const outcome = outcomeOf(said?.status);
      const seen: Seen = {
        ...about,
        outcome,
        ...(said && { status: said.status, ...codeOf(said.body) }),
        ...(said?.requestId !== undefined && { requestId: said.requestId }),
        got: said && outcome === 'ok' ? (asked.got?.(said.body) ?? {}) : {},
      };
      all.push(seen);
      // Whoever gets no answer looks up before they ask again.
      if (outcome === 'unknown') await wait(breath);
      return { seen, ok: outcome === 'ok', body: said?.body ?? {} };
    },
    close: () => agent.destroy(),
  };
}

/** One that is up as a rule, as a load balancer would have it. */
function anyOf(nodes: readonly Node[], chance: Chance): number {
  const up = [...nodes.keys()].filter((at) => nodes[at]?.isUp());
  return (chance.happens(0.1) ? undefined : chance.maybe(up)) ?? chance.between(0, nodes.length - 1);
}

function outcomeOf(status: number | undefined): Seen['outcome'] {
  if (status === undefined || status >= 500) return 'unknown';
  return status < 400 ? 'ok' : 'refused';
}

/** Problems say `code`, OAuth2 `error`. */
function codeOf({ code, error }: Body): { code?: string } {
  const said = code ?? error;
  return typeof said === 'string' ? { code: said } : {};
}

type Said = { readonly status: number; readonly requestId: string | undefined; readonly body: Body };

async function exchange(agent: Agent, port: number, asked: Asked): Promise<Said> {
  const { method, path, token, json } = asked;
  const body = json === undefined ? undefined : JSON.stringify(json);
  const headers = {
    ...(token !== undefined && bearer(token)),
    ...(asked.basic && basic(...asked.basic)),
    ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
  };
  const { promise, resolve, reject } = Promise.withResolvers<Said>();
  const signal = AbortSignal.timeout(patience);
  const outgoing = send({ agent, host: '127.0.0.1', port, method, path, headers, signal }, (answer) => {
    const requestId = answer.headers['x-request-id'];
    text(answer)
      .then((said) => ({
        status: answer.statusCode ?? 0,
        requestId: typeof requestId === 'string' ? requestId : undefined,
        body: read(said, answer.headers['content-type']),
      }))
      .then(resolve, reject);
  });
  outgoing.once('error', reject);
  outgoing.end(body);
  return promise;
}

function read(said: string, type = ''): Body {
  if (said === '' || !type.includes('json')) return {};
  const parsed: unknown = JSON.parse(said);
  return Array.isArray(parsed) ? { list: parsed } : (parsed as Body);
}

/** What stands for a secret in what is written down. */
export const fingerprint = (secret: string) => createHash('sha256').update(secret).digest('hex').slice(0, 16);

/** The session that an access token speaks for, and how far it was proven. */
export function sessionIn(token: unknown): Pick<Got, 'session' | 'acr' | 'user'> {
  if (typeof token !== 'string') return {};
  const [, payload = ''] = token.split('.');
  const { sid, acr, sub } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, string>;
  return { ...(sid !== undefined && { session: sid }), ...(acr !== undefined && { acr }), ...(sub && { user: sub }) };
}
