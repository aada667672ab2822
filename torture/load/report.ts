import { aligned } from '../../kit/aligned.ts';

/** What an experiment expects, and what was found. */
export type Finding = {
  readonly experiment: string;
  readonly expected: string;
  readonly found: string;
  readonly holds: boolean;
};

export type Report = {
  /** `found` is told whether it holds or not. */
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
