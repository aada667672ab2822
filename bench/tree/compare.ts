import { type Figure, figure } from '../figures.ts';
import { median } from '../../kit/statistics.ts';
import type { TreeServer } from './tree-server.ts';
import type { Progress } from './progress.ts';
import { logins, lookups, type Request } from './requests.ts';

export type Compared = {
  readonly name: string;
  /** Milliseconds. */
  readonly small: Figure;
  readonly big: Figure;
  /** The big tree's time divided by the small tree's, computed in each round. */
  readonly ratio: Figure;
};

/** The highest ratio that is accepted. */
export const limit = 1.5;

const rounds = 7;
/** Of each request in each round, in both trees. */
const repetitions = 60;

/** Logins come last: each moves the clock, and the administrator's session expires. */
const requests = [...lookups, ...logins];

/** Sends each request to both trees in turn, many times, so that other work of the machine affects both. */
export async function compare(small: TreeServer, big: TreeServer, tell: Progress): Promise<readonly Compared[]> {
  const compared: Compared[] = [];
  for (const [at, request] of requests.entries()) {
    tell('measuring', at, requests.length);
    compared.push(await compareOne(request, small, big));
  }
  tell('measuring', requests.length, requests.length);
  return compared;
}

async function compareOne({ name, prepare }: Request, small: TreeServer, big: TreeServer): Promise<Compared> {
  const [atSmall, atBig] = [await prepare(small), await prepare(big)];
  await round(atSmall, atBig);
  const measured: { readonly small: number; readonly big: number }[] = [];
  for (let turn = 0; turn < rounds; turn += 1) measured.push(await round(atSmall, atBig));
  return {
    name,
    small: figure(measured.map((one) => one.small)),
    big: figure(measured.map((one) => one.big)),
    ratio: figure(measured.map((one) => one.big / one.small)),
  };
}

type Work = () => Promise<unknown>;

/** The medians of one round. The order alternates, for the second request finds warm caches. */
async function round(atSmall: Work, atBig: Work): Promise<{ readonly small: number; readonly big: number }> {
  const small: number[] = [];
  const big: number[] = [];
  for (let turn = 0; turn < repetitions; turn += 1) {
    if (turn % 2 === 0) small.push(await timed(atSmall));
    big.push(await timed(atBig));
    if (turn % 2 === 1) small.push(await timed(atSmall));
  }
  return { small: median(small), big: median(big) };
}

async function timed(work: Work): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
