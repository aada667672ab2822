/** Does something now and then until the function it returns is called; not again while it is under way. What fails in it is its own affair. */
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
