export type Progress = {
  readonly tell: (rows: number) => void;
  /** Leaves the line to whoever writes next. */
  readonly clear: () => void;
};

/** A count that grows on one line of standard error. Nothing where that is no terminal. */
export function progressOf(what: string): Progress {
  const { stderr } = process;
  let rows = 0;
  let shown = 0;
  return {
    tell(more) {
      rows += more;
      if (!stderr.isTTY || rows - shown < 1000) return;
      shown = rows;
      stderr.write(`\r${what} ${rows.toLocaleString('en')} attempts`);
    },
    clear() {
      if (shown > 0) stderr.write('\r\u001b[K');
      shown = 0;
    },
  };
}
