import { lateness } from './checker/facts.ts';
import type { Seen, Violation } from './history.ts';

/**
 * A violation as somebody reads it who has to find out why: what was promised, what was seen instead, and what else the same person did in that
 * time and shortly before, whatever came of it.
 */
export function storyOf({ rule, what, seen: accused }: Violation, all: readonly Seen[]): string {
  const beside = besides(accused, all).map((one) => `  | ${lineOf(one)}`);
  return [`VIOLATION of "${rule}": ${what}`, ...accused.map((one) => `  ${lineOf(one)}`), ...beside].join('\n');
}

/** What nobody answered may come true as much later. */
function besides(accused: readonly Seen[], all: readonly Seen[]): readonly Seen[] {
  const from = Math.min(...accused.map(({ start }) => start)) - lateness;
  const to = Math.max(...accused.map(({ end }) => end));
  return all.filter(
    (one) => !accused.includes(one) && one.who === accused[0]?.who && one.end >= from && one.start <= to,
  );
}

function lineOf({ op, who, node, start, end, sent, outcome, status, code, got, requestId }: Seen): string {
  const when = `${(start / 1000).toFixed(3)} to ${(end / 1000).toFixed(3)} s`;
  const said = [outcome, status, code].filter((part) => part !== undefined).join(' ');
  return `${when}  node ${node}  ${who} ${op} ${JSON.stringify(sent)}: ${said} ${JSON.stringify(got)} ${requestId ?? ''}`;
}
