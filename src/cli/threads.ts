import { availableParallelism } from 'node:os';

/** For what is not hashing, such as signatures, files and names of hosts: it must not stand behind hashes. */
const others = 4;

/** How many passwords one of several processes hashes at a time, so that all together hash one for each CPU. */
export const hashesAtATime = (workers: number): number => Math.ceil(availableParallelism() / workers);

/**
 * Has Node's pool of threads, which is four otherwise, hold so many hashes and what goes on beside them. To be called before anything
 * uses that pool; what the operator has set stays.
 */
export function makeRoomFor(hashes: number): void {
  process.env['UV_THREADPOOL_SIZE'] ??= String(hashes + others);
}
