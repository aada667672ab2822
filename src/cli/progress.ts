export type Progress = {
  readonly tell: (more: number) => void;
  /** Clears the progress line before other output. */
  readonly clear: () => void;
};

export type ProgressLine = {
  /** The verb and the noun, such as `checked` and `attempts`. */
  readonly what: string;
  readonly of: string;
  /** The completed part, from 0 to 1; undefined if unknown. */
  readonly fraction?: () => number | undefined;
  /** The number of items after which the line at the terminal is updated: 1000 when absent. */
  readonly step?: number;
  /** The number of items after which a line is written if standard error is not a terminal: none when absent. */
  readonly lineEvery?: number;
};

const width = 30;

/** A growing count on one line of standard error, with a bar if the total is known. */
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
