/** Loaded into a server under load before its own program: at SIGUSR2 it says on standard output what its memory holds that it needs. */
export type Memory = { readonly heapUsed: number; readonly rss: number };

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  process.stdout.write(`memory ${JSON.stringify({ heapUsed, rss } satisfies Memory)}\n`);
});
