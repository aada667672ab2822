import { createHash } from 'node:crypto';
import { Agent, request as send } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { basic, bearer } from '../kit/load/client.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { Received, Op, Observation, Sent } from './history.ts';
import type { Node } from './nodes.ts';

export type Call = {
  readonly op: Op;
  readonly who: string;
  /** Any node when absent. */
  readonly node?: number | undefined;
  readonly method: string;
  readonly path: string;
  readonly token?: string | undefined;
  readonly basic?: readonly [string, string];
  readonly json?: unknown;
  readonly sent: Sent;
  /** What is recorded of a successful answer. */
  readonly received?: (body: Body) => Received;
};

export type Body = Readonly<Record<string, unknown>>;

export type Answer = { readonly seen: Observation; readonly ok: boolean; readonly body: Body };

/** Sends requests, and records each with its outcome. */
export type Recorder = {
  readonly seen: readonly Observation[];
  readonly ask: (call: Call) => Promise<Answer>;
  readonly close: () => void;
};

/** Milliseconds after which a request counts as unanswered. */
const patience = 25_000;
const retryPause = 100;

export function openRecorder(nodes: readonly Node[], random: SeededRandom, elapsed: () => number): Recorder {
  const agent = new Agent({ keepAlive: true });
  const all: Observation[] = [];
  return {
    seen: all,
    async ask(call) {
      const node = call.node ?? anyOf(nodes, random);
      const start = elapsed();
      const raw = await exchange(agent, nodes[node]?.proxy.port ?? 0, call).catch(() => undefined);
      const end = elapsed();
      const { op, who, sent } = call;
      const about = { op, who, node, start, end, sent };
      const outcome = outcomeOf(raw?.status);
      const seen: Observation = {
        ...about,
        outcome,
        ...(raw && { status: raw.status, ...codeOf(raw.body) }),
        ...(raw?.requestId !== undefined && { requestId: raw.requestId }),
        received: raw && outcome === 'ok' ? (call.received?.(raw.body) ?? {}) : {},
      };
      all.push(seen);
      // A client without an answer pauses before its next request.
      if (outcome === 'unknown') await wait(retryPause);
      return { seen, ok: outcome === 'ok', body: raw?.body ?? {} };
    },
    close: () => agent.destroy(),
  };
}

/** Usually one that is up, as a load balancer would choose. */
function anyOf(nodes: readonly Node[], random: SeededRandom): number {
  const up = [...nodes.keys()].filter((at) => nodes[at]?.isUp());
  return (random.chance(0.1) ? undefined : random.pickIfAny(up)) ?? random.between(0, nodes.length - 1);
}

function outcomeOf(status: number | undefined): Observation['outcome'] {
  if (status === undefined || status >= 500) return 'unknown';
  return status < 400 ? 'ok' : 'refused';
}

/** Problems say `code`, OAuth2 `error`. */
function codeOf({ code, error }: Body): { code?: string } {
  const reason = code ?? error;
  return typeof reason === 'string' ? { code: reason } : {};
}

type RawAnswer = { readonly status: number; readonly requestId: string | undefined; readonly body: Body };

async function exchange(agent: Agent, port: number, call: Call): Promise<RawAnswer> {
  const { method, path, token, json } = call;
  const body = json === undefined ? undefined : JSON.stringify(json);
  const headers = {
    ...(token !== undefined && bearer(token)),
    ...(call.basic && basic(...call.basic)),
    ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
  };
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const signal = AbortSignal.timeout(patience);
  const outgoing = send({ agent, host: '127.0.0.1', port, method, path, headers, signal }, (answer) => {
    const requestId = answer.headers['x-request-id'];
    text(answer)
      .then((raw) => ({
        status: answer.statusCode ?? 0,
        requestId: typeof requestId === 'string' ? requestId : undefined,
        body: read(raw, answer.headers['content-type']),
      }))
      .then(resolve, reject);
  });
  outgoing.once('error', reject);
  outgoing.end(body);
  return promise;
}

function read(raw: string, type = ''): Body {
  if (raw === '' || !type.includes('json')) return {};
  const parsed: unknown = JSON.parse(raw);
  return Array.isArray(parsed) ? { list: parsed } : (parsed as Body);
}

/** Stands for a secret in the records. */
export const fingerprint = (secret: string) => createHash('sha256').update(secret).digest('hex').slice(0, 16);

type Claims = { readonly sid?: string; readonly acr?: string; readonly sub?: string; readonly gen?: number };

/** The session of an access token, its generation and its assurance level. */
export function sessionIn(token: unknown): Pick<Received, 'session' | 'generation' | 'acr' | 'user'> {
  if (typeof token !== 'string') return {};
  const [, payload = ''] = token.split('.');
  const { sid, acr, sub, gen } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
  return {
    ...(sid !== undefined && { session: sid }),
    ...(gen !== undefined && { generation: gen }),
    ...(acr !== undefined && { acr }),
    ...(sub && { user: sub }),
  };
}
