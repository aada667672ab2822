import type { AttemptRow, Observation, Violation } from '../history.ts';
import { mayHave, keyOf } from './facts.ts';

const rule = 'I10 the log is complete';

/** The action in the log for each operation that it records. */
const actions: Partial<Record<Observation['op'], string>> = {
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

/** Every answered success has its row, and no refusal has a success's. */
export function unloggedSuccesses(seen: readonly Observation[], attempts: readonly AttemptRow[]): readonly Violation[] {
  const logged = new Set(
    attempts.filter(({ outcome }) => outcome === 'success').map(({ requestId, action }) => `${requestId} ${action}`),
  );
  return seen.flatMap((one) => {
    const action = actions[one.op];
    if (action === undefined || one.requestId === undefined || one.outcome === 'unknown') return [];
    const isLogged = logged.has(`${one.requestId} ${action}`);
    if (isLogged === (one.outcome === 'ok')) return [];
    return [
      {
        rule,
        what: isLogged ? 'the log has a success that was refused' : 'the log has no row of a success',
        seen: [one],
      },
    ];
  });
}

/** I1, lost answers included: the log has no more second factors than proofs were sent. */
export function moreThanProofs(seen: readonly Observation[], attempts: readonly AttemptRow[]): readonly Violation[] {
  const people = new Map(
    seen.flatMap(({ received, who }) => (received.user === undefined ? [] : [[received.user, who] as const])),
  );
  const successes = attempts.filter(({ outcome }) => outcome === 'success');
  const confirmed = new Set(successes.filter(({ action }) => action === 'confirm').map(({ requestId }) => requestId));
  // An enrollment that a login required has a row of each.
  const proven = successes.filter(
    ({ action, requestId }) => action === 'confirm' || (action === 'answer' && !confirmed.has(requestId)),
  );
  const proofs = Map.groupBy(
    seen.filter(mayHave).flatMap(({ who, sent: { proof } }) => {
      const word = proof && keyOf(proof);
      return word === undefined ? [] : [{ who, word }];
    }),
    ({ who }) => who,
  );
  return [...Map.groupBy(proven, ({ userId }) => people.get(userId ?? ''))].flatMap(([who = '', accepted]) => {
    const sent = new Set(proofs.get(who)?.map(({ word }) => word)).size;
    if (who === '' || accepted.length <= sent) return [];
    const what = `${who} sent ${sent} proofs, and the log has ${accepted.length} that were accepted`;
    return [{ rule: 'I1 two factors are two proofs', what, seen: [] }];
  });
}
