import { constants } from 'node:os';
import { second } from '../base/clock.ts';

/** Resolves with the first SIGTERM or SIGINT. One that comes later ends the process at once. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const hear = (signal: NodeJS.Signals) => {
      const now = performance.now();
      first ??= now;
      // Under npm, Ctrl-C arrives twice at once: from the terminal, and forwarded by npm.
      if (now - first > second / 2) process.exit(128 + constants.signals[signal]);
      resolve(signal);
    };
    process.on('SIGTERM', hear).on('SIGINT', hear);
  });
}
