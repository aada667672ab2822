import { second } from '../../src/base/clock.ts';
import { createCountersign, type Countersign } from '../../src/countersign.ts';
import { hotp } from '../../src/factors/totp.ts';
import type { TestClock } from '../../kit/clock.ts';
import { cheapCost } from '../../kit/hasher.ts';
import type { Progress } from './progress.ts';
import { password, people, seed, totpKey, type Size, type Tree } from './seed.ts';

/** A tree and two nodes over it, one with cheap hashes, so that the hash does not hide the database's cost. */
export type TreeServer = AsyncDisposable & {
  readonly tree: Tree;
  readonly nodes: Readonly<Record<keyof typeof people, Countersign>>;
  readonly clock: TestClock;
  /** An access token of the root's administrator. */
  readonly token: string;
};

export type Place = { readonly database: string; readonly keysFile: string };

const admin = { username: 'admin', password };

/** Makes a tree in a new database and closes it. */
export async function makeTree(place: Place, size: Size, clock: TestClock, tell: Progress): Promise<Tree> {
  const real = await open(place, clock);
  const cheap = await open(place, clock, true);
  try {
    const hashes = {
      real: await real.context.hasher.hash(password),
      cheap: await cheap.context.hasher.hash(password),
    };
    return await seed(cheap.context, size, hashes, tell);
  } finally {
    await cheap.close();
    await real.close();
  }
}

export async function openTree(place: Place, tree: Tree, clock: TestClock): Promise<TreeServer> {
  const nodes = { real: await open(place, clock), cheap: await open(place, clock, true) };
  const data = { ...admin, account_id: tree.root };
  const entered = await ask(nodes.real, 201, { method: 'PUT', path: 'user_auth', data });
  const close = async () => {
    await nodes.real.close();
    await nodes.cheap.close();
  };
  return { tree, nodes, clock, token: String(entered['auth_token']), [Symbol.asyncDispose]: close };
}

function open({ database, keysFile }: Place, clock: TestClock, cheap = false): Promise<Countersign> {
  const own = { database, keysFile, clock, admin, url: 'http://localhost:8000' };
  return createCountersign({ ...own, ...(cheap && { hashCost: cheapCost }) });
}

type Ask = { readonly method?: string; readonly path: string; readonly token?: string; readonly data?: unknown };

/** Sends a request to the accounts door and expects a status: any other answer ends the run, for it would be measured as a success. */
async function ask(node: Countersign, expected: number, { method = 'GET', path, token, data }: Ask) {
  const headers = new Headers(data === undefined ? {} : { 'Content-Type': 'application/json' });
  if (token !== undefined) headers.set('X-Auth-Token', token);
  const body = data === undefined ? {} : { body: JSON.stringify({ data }) };
  const answer = await node.fetch(new Request(`http://localhost:8000/v2/${path}`, { method, headers, ...body }));
  const text = await answer.text();
  if (answer.status !== expected) throw new Error(`${method} /v2/${path} answered ${answer.status} ${text}`);
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

/** A GET by the administrator. */
export function read({ nodes, token }: TreeServer, path: string) {
  return ask(nodes.real, 200, { path, token });
}

/** A login with both factors in one request. Each code works once, so the clock moves by one step. */
export async function logIn({ nodes, clock, tree }: TreeServer, hash: keyof typeof people): Promise<void> {
  clock.tick(30 * second);
  const code = hotp(totpKey, clock.now() / (30 * second), { algorithm: 'SHA1', digits: 6 });
  const data = { username: people[hash], password, account_id: tree.account, multi_factor_response: code };
  await ask(nodes[hash], 201, { method: 'PUT', path: 'user_auth', data });
}
