import type { Serving } from '../announce.ts';

/** Messages of a worker to the primary process. */
export type FromWorker =
  | { readonly serving: Serving }
  /** The worker's own page of metrics, and its request for the pages of all. */
  | { readonly asks: number; readonly page: string }
  /** The page of a worker that the primary asked for it. */
  | { readonly answers: number; readonly page: string };

/** Messages to a worker: a request for its page, or the pages of all. */
export type ToWorker = { readonly wanted: number } | { readonly asked: number; readonly pages: readonly string[] };
