import type { Seen, Violation } from './history.ts';

/** A violation as somebody reads it who has to find out why: what was promised, and what was seen instead. */
export function storyOf({ rule, what, seen }: Violation): string {
  return [`VIOLATION of "${rule}": ${what}`, ...seen.map((one) => `  ${lineOf(one)}`)].join('\n');
}

function lineOf({ op, who, node, start, end, sent, outcome, status, code, got, requestId }: Seen): string {
  const when = `${(start / 1000).toFixed(3)} to ${(end / 1000).toFixed(3)} s`;
  const said = [outcome, status, code].filter((part) => part !== undefined).join(' ');
  return `${when}  node ${node}  ${who} ${op} ${JSON.stringify(sent)}: ${said} ${JSON.stringify(got)} ${requestId ?? ''}`;
}
