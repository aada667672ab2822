/** The result of one check. */
export type Finding = {
  /** The subject of the check. */
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'problem';
  /** The state, without secrets. */
  readonly is: string;
  /** What to do. */
  readonly mend?: string;
};

export const ok = (check: string, is: string): Finding => ({ check, level: 'ok', is });
export const warning = (check: string, is: string, mend: string): Finding => ({ check, level: 'warning', is, mend });
export const problem = (check: string, is: string, mend: string): Finding => ({ check, level: 'problem', is, mend });
