import type { Serving } from '../announce.ts';

/** What a worker tells the process that keeps it. */
export type FromWorker =
  | { readonly serving: Serving }
  /** Its own page of metrics, from a worker that wants the sum of all. */
  | { readonly asks: number; readonly page: string }
  /** The same from one that was asked for it. */
  | { readonly answers: number; readonly page: string };

/** What a worker is told: that its page is wanted, or the pages of the others. */
export type ToWorker = { readonly wanted: number } | { readonly asked: number; readonly pages: readonly string[] };
