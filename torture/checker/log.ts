import type { AttemptRow, Seen, Violation } from '../history.ts';
import { mayHave, wordOf } from './facts.ts';

const rule = 'I10 the log tells what happened';

/** What the log calls the success of each operation that it knows. */
const actions: Partial<Record<Seen['op'], string>> = {
  login: 'login',
  answer: 'answer',
  verify: 'answer',
  refresh: 'refresh',
  begin: 'enroll',
  confirm: 'confirm',
  remove: 'remove',
  off: 'disable_mfa',
  renew: 'renew',
  password: 'password.set',
  end: 'session.end',
  send: 'send',
};

/** Every success that was answered has its row, and nothing that was refused has one. */
export function untold(seen: readonly Seen[], attempts: readonly AttemptRow[]): readonly Violation[] {
  const told = new Set(
    attempts.filter(({ outcome }) => outcome === 'success').map(({ requestId, action }) => `${requestId} ${action}`),
  );
  return seen.flatMap((one) => {
    const action = actions[one.op];
    if (action === undefined || one.requestId === undefined || one.outcome === 'unknown') return [];
    const isTold = told.has(`${one.requestId} ${action}`);
    if (isTold === (one.outcome === 'ok')) return [];
    return [
      {
        rule,
        what: isTold ? 'the log has a success that was refused' : 'the log has no row of a success',
        seen: [one],
      },
    ];
  });
}

/** I1, with the answers that were lost: the log has no more second factors than proofs were sent. */
export function moreThanProofs(seen: readonly Seen[], attempts: readonly AttemptRow[]): readonly Violation[] {
  const people = new Map(seen.flatMap(({ got, who }) => (got.user === undefined ? [] : [[got.user, who] as const])));
  const proven = attempts.filter(
    ({ action, outcome }) => outcome === 'success' && (action === 'answer' || action === 'confirm'),
  );
  const proofs = Map.groupBy(
    seen.filter(mayHave).flatMap(({ who, sent: { proof } }) => {
      const word = proof && wordOf(proof);
      return word === undefined ? [] : [{ who, word }];
    }),
    ({ who }) => who,
  );
  return [...Map.groupBy(proven, ({ userId }) => people.get(userId ?? ''))].flatMap(([who = '', rows]) => {
    const sent = new Set(proofs.get(who)?.map(({ word }) => word)).size;
    if (who === '' || rows.length <= sent) return [];
    const what = `${who} sent ${sent} proofs, and the log has ${rows.length} that were taken`;
    return [{ rule: 'I1 two factors are two proofs', what, seen: [] }];
  });
}
