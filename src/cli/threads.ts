import { availableParallelism } from 'node:os';

/** Threads for other work, such as signatures, files and DNS, which must not wait for hashes. */
const others = 4;

/** The number of passwords that one process hashes at a time, so that all processes together hash one for each CPU. */
export const hashesAtATime = (workers: number): number => Math.ceil(availableParallelism() / workers);

/**
 * Makes Node's thread pool, which has four threads otherwise, large enough for these hashes and other work. Call it before the pool is
 * used. A size that the operator has set is kept.
 */
export function makeRoomFor(hashes: number): void {
  process.env['UV_THREADPOOL_SIZE'] ??= String(hashes + others);
}
