import { settleTime } from './checker/facts.ts';
import type { Observation, Violation } from './history.ts';

/**
 * A violation for the reader who has to find its cause: the rule, the operations that break it, and the other operations of the same person in
 * that time and shortly before.
 */
export function describeViolation({ rule, what, seen: shown }: Violation, all: readonly Observation[]): string {
  const nearby = operationsNearby(shown, all).map((one) => `  | ${lineOf(one)}`);
  return [`VIOLATION of "${rule}": ${what}`, ...shown.map((one) => `  ${lineOf(one)}`), ...nearby].join('\n');
}

/** An operation without an answer may take effect this much later. */
function operationsNearby(shown: readonly Observation[], all: readonly Observation[]): readonly Observation[] {
  const from = Math.min(...shown.map(({ start }) => start)) - settleTime;
  const to = Math.max(...shown.map(({ end }) => end));
  return all.filter((one) => !shown.includes(one) && one.who === shown[0]?.who && one.end >= from && one.start <= to);
}

function lineOf({ op, who, node, start, end, sent, outcome, status, code, received, requestId }: Observation): string {
  const when = `${(start / 1000).toFixed(3)} to ${(end / 1000).toFixed(3)} s`;
  const result = [outcome, status, code].filter((part) => part !== undefined).join(' ');
  return `${when}  node ${node}  ${who} ${op} ${JSON.stringify(sent)}: ${result} ${JSON.stringify(received)} ${requestId ?? ''}`;
}
