import { SetupError } from '../../base/fault.ts';
import { bytesOf } from './bytes.ts';

export type Passes = {
  /** Reads the file from its start. */
  readonly next: () => AsyncIterable<Buffer>;
  readonly fraction: () => number | undefined;
};

/** A file that is read twice. */
export function twoPasses(file: string): Passes {
  if (file === '-') throw new SetupError('standard input cannot be read twice: give a file');
  let begun = 0;
  let pass: ReturnType<typeof bytesOf> | undefined;
  return {
    next() {
      begun += 1;
      pass = bytesOf(file);
      return pass.chunks;
    },
    fraction: () => (begun === 0 ? 0 : (begun - 1 + (pass?.fraction() ?? 0)) / 2),
  };
}
