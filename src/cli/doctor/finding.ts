/** What one check found. */
export type Finding = {
  /** What was looked at. */
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'problem';
  /** How it is, in words that hold nothing secret. */
  readonly is: string;
  /** What to do about it. */
  readonly mend?: string;
};

export const ok = (check: string, is: string): Finding => ({ check, level: 'ok', is });
export const warning = (check: string, is: string, mend: string): Finding => ({ check, level: 'warning', is, mend });
export const problem = (check: string, is: string, mend: string): Finding => ({ check, level: 'problem', is, mend });
