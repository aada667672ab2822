/** What a problem code means. The texts may hold code between backticks. */
export type ProblemMeaning = {
  /** The statuses it is answered with, the usual one first. */
  readonly statuses: readonly [number, ...number[]];
  readonly when: string;
  /** What the caller should do. */
  readonly action: string;
};

export type ProblemMeanings = Readonly<Record<string, ProblemMeaning>>;
