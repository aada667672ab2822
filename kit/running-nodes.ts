/** Servers over one database, each in its own process with the same public URL, and requests to them. */
import assert from 'node:assert/strict';
import { serve, type Environment, type Running } from './process.ts';
import { basic } from './server.ts';
import { freePort } from './free-port.ts';

export type Node = {
  readonly url: string;
  readonly running: Running;
  /** Stops it, and asserts that its log has no other lines than these. */
  stop(expected?: RegExp): Promise<void>;
};

export type Said = { readonly status: number; readonly json: Readonly<Record<string, unknown>> };

export type Sent = { readonly bearer?: string; readonly basic?: readonly [string, string]; readonly json?: unknown };

export async function request(base: string, method: string, path: string, sent: Sent): Promise<Said> {
  const headers: Record<string, string> = {};
  if (sent.bearer !== undefined) headers.Authorization = `Bearer ${sent.bearer}`;
  if (sent.basic) headers.Authorization = basic(...sent.basic);
  if (sent.json !== undefined) headers['Content-Type'] = 'application/json';
  const body = sent.json === undefined ? null : JSON.stringify(sent.json);
  const response = await fetch(new URL(path, base), { method, headers, body, redirect: 'manual' });
  const answered = await response.text();
  const json = (answered === '' ? {} : JSON.parse(answered)) as Said['json'];
  assert.ok(response.status < 500, `${method} ${path} answered ${response.status} ${answered}`);
  return { status: response.status, json };
}

export function text({ status, json }: Said, name: string): string {
  const value = json[name];
  if (typeof value !== 'string') assert.fail(`${status} ${JSON.stringify(json)} has no ${name}`);
  return value;
}

/** One server, as an operator starts it. Both have the same public URL, so each gets its port. */
export async function startNode(database: string, keys: string, more: Environment = {}): Promise<Node> {
  const port = await freePort();
  const env = {
    COUNTERSIGN_PORT: String(port),
    COUNTERSIGN_URL: 'https://house.example',
    COUNTERSIGN_DATABASE: database,
    COUNTERSIGN_KEYS: keys,
    COUNTERSIGN_REGISTRATION: 'open',
    COUNTERSIGN_LOG_LEVEL: 'error',
    ...more,
  };
  const running = await serve({ env });
  return {
    url: `http://127.0.0.1:${port}`,
    running,
    async stop(expected) {
      const { code } = await running.stop();
      const unexpected = running.stderr.filter((line) => !expected?.test(line));
      assert.deepEqual([code, unexpected], [0, []]);
    },
  };
}
