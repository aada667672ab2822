import { aligned } from '../../kit/aligned.ts';

/** An expectation of an experiment, and the result. */
export type Finding = {
  readonly experiment: string;
  readonly expected: string;
  readonly found: string;
  readonly holds: boolean;
};

export type Report = {
  /** `found` is reported in both cases. */
  expect(expected: string, holds: boolean, found: string | number): void;
};

export function reportOf(experiment: string, findings: Finding[]): Report {
  return {
    expect(expected, holds, found) {
      findings.push({ experiment, expected, found: String(found), holds });
    },
  };
}

export function tableOf(findings: readonly Finding[]): string {
  const rows = findings.map(({ experiment, expected, found, holds }, at) => [
    findings[at - 1]?.experiment === experiment ? '' : experiment,
    expected,
    found,
    holds ? '' : 'DOES NOT HOLD',
  ]);
  return aligned([['experiment', 'expected', 'found', ''], ...rows]).join('\n');
}

export const milliseconds = (value: number): string => `${value.toFixed(0)} ms`;

export const megabytes = (value: number): string => `${value.toFixed(0)} MB`;
