import type { History, Observation, Violation } from '../history.ts';
import { mayBeDisabled, settled } from './facts.ts';

/** Failures before the first wait, and the waits: each twice the one before, up to the longest. Seconds. */
const free = 5;
const waits = { first: 30, longest: 15 * 60 };

/** More than the workload sends at once. */
const most = 20;

/** A reply to one kind of factor that the server checked: it was wrong, or it may have been right and reset the count. */
type CheckedReply = { readonly seen: Observation; readonly wrong: boolean };

/** I4: between two successes only as many guesses are checked as the lockouts allow, over all nodes and challenges. */
export function tooManyGuesses(timeline: readonly Observation[], history: History): readonly Violation[] {
  const kinds = Map.groupBy(
    timeline
      // A disabled user's replies are all refused as wrong. One that was accepted came before, and reset the count.
      .filter((seen) => seen.outcome !== 'refused' || !mayBeDisabled(timeline, seen))
      .flatMap((seen) => checkedReplies(seen).map((reply) => ({ seen, ...reply }))),
    ({ kind }) => kind,
  );
  return [...kinds].flatMap(([kind, replies]) =>
    runsOfFailures(replies).flatMap((failures) => tooMany(kind, failures, history)),
  );
}

function checkedReplies({
  op,
  sent,
  outcome,
  code,
  status,
}: Observation): readonly { readonly kind: string; readonly wrong: boolean }[] {
  const refused = outcome === 'refused';
  const kind = sent.proof?.kind === 'wrong' ? sent.proof.of : sent.proof?.kind;
  // A grant does not say what was wrong: its password may have been right although it was refused for its code, or had to wait with the code
  // or with the message that carries it.
  if (op === 'grant') {
    const second = kind === undefined || refused ? [] : [{ kind, wrong: false }];
    return [{ kind: 'password', wrong: false }, ...second];
  }
  if (status === 429) return [];
  if (op === 'login') return refused && code !== 'invalid_credentials' ? [] : [{ kind: 'password', wrong: refused }];
  if (op === 'password') return [{ kind: 'password', wrong: code === 'wrong_current_password' }];
  if ((op !== 'answer' && op !== 'verify') || kind === undefined) return [];
  if (refused) return code === 'invalid_code' ? [{ kind, wrong: true }] : [];
  return sent.proof?.kind === 'wrong' ? [] : [{ kind, wrong: false }];
}

/** Failures without a possible success between them, with the success that ends them where that was checked too. */
function runsOfFailures(replies: readonly CheckedReply[]): readonly (readonly Observation[])[] {
  const resets = replies.filter(({ wrong }) => !wrong).map(({ seen }) => seen);
  const wrong = replies.filter((reply) => reply.wrong).map(({ seen }) => seen);
  const clear = wrong.filter(
    (seen) => !resets.some((reset) => reset.start <= seen.end && settled(reset) >= seen.start),
  );
  const groups = Map.groupBy(clear, (seen) => resets.filter((reset) => reset.start > seen.end).length);
  return [...groups.values()].map((group) => {
    const after = Math.max(...group.map(({ end }) => end));
    const [next] = resets.filter(({ start }) => start > after).toSorted((a, b) => a.start - b.start);
    const alone =
      next?.outcome === 'ok' &&
      // With a second factor, a password is set without the current one.
      next.op !== 'password' &&
      resets.every((other) => other === next || other.start > next.end || settled(other) < after);
    return [...group.toSorted((a, b) => a.end - b.end), ...(next && alone ? [next] : [])];
  });
}

function tooMany(kind: string, failures: readonly Observation[], { speed, maxSkew }: History): readonly Violation[] {
  for (let from = 0; from < failures.length; from += 1) {
    for (let count = free + 1; count <= most && from + count <= failures.length; count += 1) {
      const replies = failures.slice(from, from + count);
      const took = Math.max(...replies.map(({ end }) => end)) - Math.min(...replies.map(({ start }) => start));
      if (needed(count) * 1000 <= took * speed + maxSkew) continue;
      const what = `${count} replies for ${kind} were checked in ${Math.round((took * speed) / 1000)} s, which require ${needed(count)} s`;
      return [{ rule: 'I4 guessing is bounded', what, seen: replies }];
    }
  }
  return [];
}

/** The least time for so many checked replies. It holds for any clocks: the next wait begins at the `now` of the node that checked last. */
function needed(count: number): number {
  let sum = 0;
  for (let failures = free; failures < count; failures += 1)
    sum += Math.min(waits.longest, waits.first * 2 ** (failures - free));
  return sum;
}
