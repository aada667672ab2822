export type Progress = {
  readonly tell: (more: number) => void;
  /** Leaves the line to whoever writes next. */
  readonly clear: () => void;
};

export type ProgressLine = {
  /** What is done, and what it is done to, such as `checked` and `attempts`. */
  readonly what: string;
  readonly of: string;
  /** How much of all is done, from 0 to 1; undefined where nobody knows. */
  readonly fraction?: () => number | undefined;
  /** After how many the line at the terminal is written anew; 1000 without it. */
  readonly step?: number;
  /** After how many a line is written where standard error is no terminal; none is without it. */
  readonly lineEvery?: number;
};

const width = 30;

/** A count that grows on one line of standard error, after a bar where it is known how much there is. */
export function progressOf({ what, of, fraction = () => undefined, step = 1000, lineEvery }: ProgressLine): Progress {
  const { stderr } = process;
  let count = 0;
  let shown = 0;
  const text = () => [bar(fraction()), what, count.toLocaleString('en'), of].filter((part) => part !== '').join(' ');
  return {
    tell(more) {
      count += more;
      if (count - shown < (stderr.isTTY ? step : (lineEvery ?? Infinity))) return;
      shown = count;
      stderr.write(stderr.isTTY ? `\r${text()}\u001b[K` : `${text()}\n`);
    },
    clear() {
      if (shown > 0 && stderr.isTTY) stderr.write('\r\u001b[K');
      shown = 0;
    },
  };
}

function bar(fraction: number | undefined): string {
  if (fraction === undefined) return '';
  const full = Math.round(fraction * width);
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}] ${String(Math.floor(fraction * 100)).padStart(3)}%`;
}
