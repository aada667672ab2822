/** The result of one check. */
export type Finding = {
  /** The subject of the check. */
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'problem';
  /** The state, without secrets. */
  readonly state: string;
  /** The advice to the operator. */
  readonly advice?: string;
};

export const ok = (check: string, state: string): Finding => ({ check, level: 'ok', state });
export const warning = (check: string, state: string, advice: string): Finding => ({
  check,
  level: 'warning',
  state,
  advice,
});
export const problem = (check: string, state: string, advice: string): Finding => ({
  check,
  level: 'problem',
  state,
  advice,
});
