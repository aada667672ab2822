import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Linux keeps what is written here in memory. */
const memory = '/dev/shm';
const enough = 2 * 1024 ** 3;

/** Whether there is a place where nobody waits for a disk, and room in it. Containers often have little. */
export const isInMemory = roomIn(memory) >= enough;

/** Where tests keep databases whose servers would wait for a disk: nothing in them has to outlive a loss of power. */
export const scratch = isInMemory ? memory : tmpdir();

function roomIn(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
