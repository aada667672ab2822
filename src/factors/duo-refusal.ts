import { refuse } from '../base/outcome.ts';
import type { DuoOutcome, DuoReason } from './duo.ts';

/** A refusal with what the log of attempts is told about it. */
export function declined(reason: DuoReason, detail: string): Extract<DuoOutcome<unknown>, { ok: false }> {
  return { ...refuse(reason), detail };
}

/** Whether Duo can be asked about a name as it is: half of a surrogate pair would be sent as another name. */
export function isSuitable(user: string): boolean {
  return user !== '' && user.isWellFormed();
}
