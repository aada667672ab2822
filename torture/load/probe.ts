/** Preloaded into a server under load: on SIGUSR2 it prints the memory in use after a garbage collection. */
export type Memory = { readonly heapUsed: number; readonly rss: number };

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  process.stdout.write(`memory ${JSON.stringify({ heapUsed, rss } satisfies Memory)}\n`);
});
