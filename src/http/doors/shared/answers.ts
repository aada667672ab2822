import type { Outcome } from '../../../base/outcome.ts';
import { refused, type ErrorReason } from '../../errors/reasons.ts';
import type { Reply } from '../../route.ts';

/** What an operation found or changed, as a door shows it, or why not, in the common dialect. */
export function shown<Value>(outcome: Outcome<Value, ErrorReason>, view: (value: Value) => unknown): Reply {
  return outcome.ok ? { status: 200, json: view(outcome.value) } : refused(outcome);
}

/** That it is done, where there is nothing to show. */
export function done(outcome: Outcome<unknown, ErrorReason>): Reply {
  return outcome.ok ? { status: 204 } : refused(outcome);
}
