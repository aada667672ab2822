import type { WriteStream } from 'node:tty';

/** Reports how many steps of how many are done. */
export type Progress = (what: string, done: number, all: number) => void;

type Output = Pick<WriteStream, 'write'> & { readonly isTTY?: boolean };

const width = 30;

/** A bar on a terminal, and elsewhere a line for every quarter. */
export function showProgress(output: Output): Progress {
  let lastLine = '';
  return (what, done, all) => {
    const share = all === 0 ? 1 : done / all;
    const filled = Math.floor(share * width);
    const quarter = Math.floor(share * 4) * 25;
    const shown = output.isTTY
      ? `\r${what.padEnd(28)} [${'#'.repeat(filled).padEnd(width, '.')}] ${Math.floor(share * 100)} %`
      : `${what}: ${quarter} %\n`;
    if (shown === lastLine) return;
    lastLine = shown;
    output.write(output.isTTY && done === all ? `${shown}\n` : shown);
  };
}
