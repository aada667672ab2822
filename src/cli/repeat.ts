/** Runs `work` at each interval until the returned function is called, and never twice at once. `work` handles its own errors. */
export function repeat(interval: number, work: () => Promise<unknown>): () => void {
  let running = false;
  const once = async () => {
    if (running) return;
    running = true;
    await work();
    running = false;
  };
  const timer = setInterval(() => void once(), interval);
  timer.unref();
  return () => clearInterval(timer);
}
