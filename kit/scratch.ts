import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** A file system in memory on Linux. */
const memory = '/dev/shm';
const enough = 2 * 1024 ** 3;

/** Whether there is a file system in memory with enough space. Containers often have little. */
export const isInMemory = freeBytes(memory) >= enough;

/** The folder of test databases, which need not be durable. */
export const scratch = isInMemory ? memory : tmpdir();

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
