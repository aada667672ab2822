/** The meaning of a problem code. The texts may contain code between backticks. */
export type ProblemMeaning = {
  /** The statuses of its answers, the usual one first. */
  readonly statuses: readonly [number, ...number[]];
  readonly when: string;
  /** The advice to the caller. */
  readonly action: string;
};

export type ProblemMeanings = Readonly<Record<string, ProblemMeaning>>;
