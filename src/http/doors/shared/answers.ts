import type { Outcome } from '../../../base/outcome.ts';
import { refused, type ErrorReason } from '../../errors/reasons.ts';
import type { Reply } from '../../route.ts';

/** The reply to an operation: its value as a door shows it, or a problem in the common dialect. */
export function replyWith<Value>(outcome: Outcome<Value, ErrorReason>, view: (value: Value) => unknown): Reply {
  return outcome.ok ? { status: 200, json: view(outcome.value) } : refused(outcome);
}

/** The reply to an operation that has no value to show. */
export function replyEmpty(outcome: Outcome<unknown, ErrorReason>): Reply {
  return outcome.ok ? { status: 204 } : refused(outcome);
}
